"""Falcon's router, with HEAD wherever there is GET: balancers and monitors ask so."""

from typing import Any

from falcon.routing import CompiledRouter

__all__ = ["Router"]


class Router(CompiledRouter):
    def map_http_methods(self, resource: object, **kwargs: Any) -> Any:
        """Return the responders of a resource by method; Falcon leaves out the body of a HEAD itself."""
        methods: Any = super().map_http_methods(resource, **kwargs)
        if "GET" in methods:
            methods.setdefault("HEAD", methods["GET"])
        return methods
