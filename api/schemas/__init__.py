"""The bodies of requests and answers: one source for validation, encoding and the OpenAPI document."""
