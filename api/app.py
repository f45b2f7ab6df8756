"""Puts the API together: routes, errors, their document, the dashboard on top, and the server below."""

from typing import Any

import falcon
from falcon.routing import CompiledRouter

from api.dependencies import Dependencies
from api.documentation import add_documentation
from api.ems import EMS_PATHS
from api.errors import install_error_handlers
from api.guard import Guard, Hosts
from api.health import HEALTHZ
from api.pages import add_dashboard
from api.routes import may_wait, routes
from api.serving.server import Server

__all__ = ["Dependencies", "Router", "create_app", "create_server"]


class Router(CompiledRouter):
    """Falcon's, with HEAD wherever there is GET: balancers and monitors ask so."""

    def map_http_methods(self, resource: object, **kwargs: Any) -> Any:
        """Return the responders of a resource by method; Falcon leaves out the body of a HEAD itself."""
        methods: Any = super().map_http_methods(resource, **kwargs)
        if "GET" in methods:
            methods.setdefault("HEAD", methods["GET"])
        return methods


def create_app(dependencies: Dependencies) -> falcon.App[Any, Any]:
    """Build the WSGI application."""
    settings = dependencies.settings
    guard = Guard(Hosts(settings.host, settings.allowed_hosts))
    app = falcon.App(router=Router(), middleware=[guard])
    app.req_options.strip_url_path_trailing_slash = True
    install_error_handlers(app)
    table = routes(dependencies)
    for route in table:
        app.add_route(route.path, route.resource)
    add_documentation(app, table)
    add_dashboard(app)
    return app


def create_server(application: falcon.App[Any, Any], host: str, port: int) -> Server:
    """Build what serves the application; the EMS and who sends it here have threads of their own."""
    return Server(application, host, port, (*EMS_PATHS, HEALTHZ), may_wait)
