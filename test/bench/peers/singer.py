"""The bench's users read by Meltano's Singer SDK (JSONPath next token), messages to a file. argv: URL, working folder. Prints the number of records."""
import contextlib
import sys

from singer_sdk import Stream, Tap
from singer_sdk import typing as th
from singer_sdk.pagination import JSONPathPaginator
from singer_sdk.streams import RESTStream

URL = sys.argv[1]
SEEN = {"records": 0}


class Users(RESTStream):
    name = "users"
    path = "/Users"
    url_base = URL
    primary_keys = ("id",)
    records_jsonpath = "$.Resources[*]"
    schema = th.PropertiesList(
        th.Property("id", th.StringType), th.Property("userName", th.StringType), th.Property("displayName", th.StringType),
        th.Property("active", th.BooleanType), th.Property("externalId", th.StringType), th.Property("title", th.StringType),
    ).to_dict()

    def get_new_paginator(self):
        return JSONPathPaginator("$.nextIndex")

    def get_url_params(self, context, next_page_token):
        return {"count": 200, **({"startIndex": next_page_token} if next_page_token else {})}

    def post_process(self, row, context=None):
        SEEN["records"] += 1
        return row


class Bench(Tap):
    name = "tap-bench"
    config_jsonschema = th.PropertiesList().to_dict()

    def discover_streams(self) -> list[Stream]:
        return [Users(tap=self)]


with open(f"{sys.argv[2]}/singer.jsonl", "w") as out, contextlib.redirect_stdout(out):
    Bench(config={}, parse_env_config=False).sync_all()
print(SEEN["records"])
