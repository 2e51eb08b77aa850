"""The bench's users read by Airbyte's CDK (declarative, cursor pagination). argv: URL. Prints the number of records."""
import sys

from airbyte_cdk.models import ConfiguredAirbyteCatalog, ConfiguredAirbyteStream, AirbyteStream, DestinationSyncMode, SyncMode, Type
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource

MANIFEST = {
    "version": "6.0.0",
    "type": "DeclarativeSource",
    "check": {"type": "CheckStream", "stream_names": ["users"]},
    "streams": [{
        "type": "DeclarativeStream", "name": "users", "primary_key": "id",
        "retriever": {
            "type": "SimpleRetriever",
            "requester": {"type": "HttpRequester", "url_base": sys.argv[1], "path": "/Users", "http_method": "GET", "request_parameters": {"count": "200"}},
            "record_selector": {"type": "RecordSelector", "extractor": {"type": "DpathExtractor", "field_path": ["Resources"]}},
            "paginator": {
                "type": "DefaultPaginator",
                "page_token_option": {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "startIndex"},
                "pagination_strategy": {"type": "CursorPagination", "cursor_value": "{{ response.nextIndex }}", "stop_condition": "{{ not response.nextIndex }}"},
            },
        },
        "schema_loader": {"type": "InlineSchemaLoader", "schema": {"type": "object", "properties": {"id": {"type": "string"}}}},
    }],
    "spec": {"type": "Spec", "connection_specification": {"type": "object", "properties": {}}},
}

catalog = ConfiguredAirbyteCatalog(streams=[ConfiguredAirbyteStream(
    stream=AirbyteStream(name="users", json_schema={}, supported_sync_modes=[SyncMode.full_refresh]),
    sync_mode=SyncMode.full_refresh, destination_sync_mode=DestinationSyncMode.overwrite)])
source = ConcurrentDeclarativeSource(catalog=catalog, config={}, state=[], source_config=MANIFEST)
import logging
print(sum(1 for message in source.read(logging.getLogger("bench"), {}, catalog, []) if message.type == Type.RECORD))
