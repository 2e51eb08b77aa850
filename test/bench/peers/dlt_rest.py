"""The bench's users extracted by dlt's rest_api source (cursor pagination). argv: URL, working folder. Prints the number of records."""
import sys

import dlt
from dlt.sources.rest_api import rest_api_source

source = rest_api_source({
    "client": {
        "base_url": sys.argv[1],
        "paginator": {"type": "cursor", "cursor_path": "nextIndex", "cursor_param": "startIndex"},
    },
    "resources": [{"name": "users", "endpoint": {"path": "Users", "params": {"count": 200}, "data_selector": "Resources"}}],
})
seen = 0


def count(record):
    global seen
    seen += 1
    return record


source.users.add_map(count)
dlt.pipeline("bench", pipelines_dir=sys.argv[2], destination="filesystem").extract(source)
print(seen)
