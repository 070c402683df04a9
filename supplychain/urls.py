"""Portal addresses of supplychain."""

from __future__ import annotations

from django.urls import path

from supplychain.views import imports, orders, unresolved

urlpatterns = [
    path("portal/<slug:tenant>/imports/", imports.Imports.as_view(), name="portal-imports"),
    path(
        "portal/<slug:tenant>/imports/samples/<str:name>",
        imports.Sample.as_view(),
        name="portal-import-sample",
    ),
    path("portal/<slug:tenant>/orders/", orders.Orders.as_view(), name="portal-orders"),
    path("portal/<slug:tenant>/order/", orders.Order.as_view(), name="portal-order"),
    path(
        "portal/<slug:tenant>/unresolved/",
        unresolved.UnresolvedReferences.as_view(),
        name="portal-unresolved",
    ),
    path(
        "portal/<slug:tenant>/unresolved/<uuid:uid>/",
        unresolved.AnswerReference.as_view(),
        name="portal-unresolved-one",
    ),
]
