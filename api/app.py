"""Puts the API together: routes, errors, their document, the dashboard on top, and the servers below."""

from collections.abc import Callable, Iterable
from typing import Any

import falcon
from falcon.routing import CompiledRouter

from api.access import Access
from api.dependencies import Dependencies
from api.documentation import add_documentation
from api.ems import EMS_PATHS
from api.errors import install_error_handlers
from api.guard import Guard, Hosts
from api.health import HEALTHZ
from api.metrics import Counting
from api.pages import add_dashboard
from api.proxies import Proxies
from api.request_ids import RequestIds
from api.routes import Route, may_wait, routes
from api.serving.precedence import Precedence
from api.serving.server import Server

__all__ = ["Dependencies", "Router", "create_app", "create_ems_app", "create_ems_server", "create_server"]

FOR_EMS = (*EMS_PATHS, HEALTHZ)
"""The EMS's calls, and what those ask who send it here."""


Stranger = Callable[[str, str], str | None]
"""Says of a client's address and a path why the request is not read to its end, or None."""


class Router(CompiledRouter):
    """Falcon's, with HEAD wherever there is GET: balancers and monitors ask so."""

    def map_http_methods(self, resource: object, **kwargs: Any) -> Any:
        """Return the responders of a resource by method; Falcon leaves out the body of a HEAD itself."""
        methods: Any = super().map_http_methods(resource, **kwargs)
        if "GET" in methods:
            methods.setdefault("HEAD", methods["GET"])
        return methods


def create_app(dependencies: Dependencies, access: Access | None = None) -> falcon.App[Any, Any]:
    """Build the WSGI application. Who may ask is what `access` says, or else the settings."""
    table = routes(dependencies)
    app = _serving(table, dependencies, access or Access(dependencies.settings.access))
    add_documentation(app, table)
    add_dashboard(app)
    return app


def create_ems_app(dependencies: Dependencies, access: Access | None = None) -> falcon.App[Any, Any]:
    """Build the application that has the EMS's calls alone."""
    table = [route for route in routes(dependencies) if route.path in FOR_EMS]
    return _serving(table, dependencies, access or Access(dependencies.settings.access, ems_alone=True))


def create_server(
    application: falcon.App[Any, Any],
    host: str,
    port: int,
    precedence: Precedence | None = None,
    connections: int | None = None,
    refused: Callable[[int], None] | None = None,
    stranger: Stranger | None = None,
) -> Server:
    """Build what serves the application; the EMS and who sends it here have threads of their own.

    Servers of one process share one `precedence`.
    """
    order = precedence or Precedence()
    return Server(
        application,
        host,
        port,
        FOR_EMS,
        may_wait,
        order,
        connections=connections,
        refused=refused,
        stranger=stranger,
    )


def create_ems_server(
    application: falcon.App[Any, Any],
    host: str,
    port: int,
    precedence: Precedence,
    connections: int,
    refused: Callable[[int], None] | None = None,
    stranger: Stranger | None = None,
) -> Server:
    """Build what serves the EMS beside the other one: a listener, connections and threads for it alone."""
    return Server(
        application,
        host,
        port,
        FOR_EMS,
        None,
        precedence,
        connections=connections,
        name="http-ems",
        refused=refused,
        stranger=stranger,
    )


def _serving(table: Iterable[Route], dependencies: Dependencies, access: Access) -> falcon.App[Any, Any]:
    settings = dependencies.settings
    counting = Counting(dependencies.metrics, EMS_PATHS.__contains__)
    hosts = Hosts(settings.host, settings.allowed_hosts)
    proxies = Proxies(settings.access.proxies, hosts)
    first_to_last: list[Any] = [RequestIds(), counting, proxies, access, Guard(hosts)]
    app: falcon.App[Any, Any] = falcon.App(router=Router(), middleware=first_to_last)
    app.req_options.strip_url_path_trailing_slash = True
    install_error_handlers(app)
    for route in table:
        app.add_route(route.path, route.resource)
    return app
