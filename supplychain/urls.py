"""Portal addresses of supplychain."""

from __future__ import annotations

from django.urls import path

from supplychain.views import orders

urlpatterns = [
    path("portal/<slug:tenant>/orders/", orders.Orders.as_view(), name="portal-orders"),
    path("portal/<slug:tenant>/order/", orders.Order.as_view(), name="portal-order"),
    path("portal/<slug:tenant>/unresolved/", orders.UnresolvedReferences.as_view(), name="portal-unresolved"),
]
