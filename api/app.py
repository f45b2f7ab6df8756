"""Puts the API together: routes, errors, the document that describes them, and the dashboard on top."""

from typing import Any

import falcon

from api.dependencies import Dependencies
from api.documentation import add_documentation
from api.errors import install_error_handlers
from api.guard import Guard, Hosts
from api.pages import add_dashboard
from api.router import Router
from api.routes import routes

__all__ = ["Dependencies", "create_app"]


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
