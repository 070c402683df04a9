"""Portal addresses of supplychain."""

from __future__ import annotations

from django.urls import path

from supplychain.views import (
    agreements,
    answers,
    certificates,
    charges,
    factories,
    goods,
    imports,
    inbound,
    orders,
    parcels,
    pool,
    reorders,
    runs,
    samples,
    shops,
    statements,
    stock,
    unplaced,
    unresolved,
)

IMPORT = "portal/<slug:tenant>/imports/<uuid:uid>/"
AGREEMENT = "portal/<slug:tenant>/agreements/<uuid:uid>/"
LINE = "portal/<slug:tenant>/run-lines/<uuid:uid>/"
STATEMENT = "portal/<slug:tenant>/statements/<uuid:uid>/"
PARCELS = "portal/<slug:tenant>/parcels/"
SAMPLE = "portal/<slug:tenant>/samples/<uuid:uid>/"
CERTIFICATE = "portal/<slug:tenant>/certificates/<uuid:uid>/"
SHOP = "portal/<slug:tenant>/shops/<uuid:uid>/"
REORDER = "portal/<slug:tenant>/reorders/<uuid:uid>/"

urlpatterns = [
    path("portal/<slug:tenant>/imports/", imports.Imports.as_view(), name="portal-imports"),
    path(
        "portal/<slug:tenant>/imports/samples/<str:name>",
        imports.Example.as_view(),
        name="portal-import-sample",
    ),
    path(IMPORT, imports.ImportDetail.as_view(), name="portal-import"),
    path(f"{IMPORT}progress/", imports.ImportProgress.as_view(), name="portal-import-progress"),
    path(f"{IMPORT}errors/", imports.ImportErrors.as_view(), name="portal-import-errors"),
    path(f"{IMPORT}confirm/", imports.ConfirmImport.as_view(), name="portal-import-confirm"),
    path(f"{IMPORT}undo/", imports.UndoImport.as_view(), name="portal-import-undo"),
    path(f"{IMPORT}pause/", imports.PauseImport.as_view(), name="portal-import-pause"),
    path(f"{IMPORT}resume/", imports.ResumeImport.as_view(), name="portal-import-resume"),
    path(f"{IMPORT}cancel/", imports.CancelImport.as_view(), name="portal-import-cancel"),
    path("portal/<slug:tenant>/shops/", shops.Shops.as_view(), name="portal-shops"),
    path(SHOP, shops.Shop.as_view(), name="portal-shop"),
    path(f"{SHOP}secret/", shops.RenewShopSecret.as_view(), name="portal-shop-secret"),
    path(f"{SHOP}revoke/", shops.RevokeShop.as_view(), name="portal-shop-revoke"),
    path(
        "portal/<slug:tenant>/shop-messages/<uuid:uid>/again/",
        shops.ReadAgain.as_view(),
        name="portal-shop-message-again",
    ),
    path(
        "portal/<slug:tenant>/shop-messages/<uuid:uid>/close/",
        shops.SetAside.as_view(),
        name="portal-shop-message-close",
    ),
    path("portal/<slug:tenant>/orders/", orders.Orders.as_view(), name="portal-orders"),
    path("portal/<slug:tenant>/order/", orders.Order.as_view(), name="portal-order"),
    path("portal/<slug:tenant>/order/answer/", orders.AnswerOrder.as_view(), name="portal-order-answer"),
    path(
        "portal/<slug:tenant>/unresolved/",
        unresolved.UnresolvedReferences.as_view(),
        name="portal-unresolved",
    ),
    path("portal/<slug:tenant>/unplaced/", unplaced.Unplaced.as_view(), name="portal-unplaced"),
    path(
        "portal/<slug:tenant>/unplaced/answer/",
        unplaced.AnswerUnplaced.as_view(),
        name="portal-unplaced-answer",
    ),
    path(
        "portal/<slug:tenant>/unplaced/window/",
        unplaced.ChooseWindow.as_view(),
        name="portal-unplaced-window",
    ),
    path(
        "portal/<slug:tenant>/unresolved/<uuid:uid>/",
        unresolved.AnswerReference.as_view(),
        name="portal-unresolved-one",
    ),
    path(
        "portal/<slug:tenant>/unresolved/<uuid:uid>/sku/",
        unresolved.MakeSku.as_view(),
        name="portal-unresolved-one-sku",
    ),
    path("portal/<slug:tenant>/goods/", goods.Goods.as_view(), name="portal-goods"),
    path("portal/<slug:tenant>/stock/", stock.Stock.as_view(), name="portal-stock"),
    path("portal/<slug:tenant>/stock/work/", stock.StockWork.as_view(), name="portal-stock-work"),
    path("portal/<slug:tenant>/parcels/", parcels.Parcels.as_view(), name="portal-parcels"),
    path(f"{PARCELS}unshipped/", parcels.Unshipped.as_view(), name="portal-unshipped"),
    path(f"{PARCELS}overdue/", parcels.Unshipped.as_view(which="overdue"), name="portal-overdue"),
    path(f"{PARCELS}due-today/", parcels.Unshipped.as_view(which="today"), name="portal-due-today"),
    path(f"{PARCELS}owed/", parcels.Owed.as_view(), name="portal-owed"),
    path(f"{PARCELS}oversold/", parcels.Owed.as_view(only_oversold=True), name="portal-oversold"),
    path(
        "portal/<slug:tenant>/certificates/",
        certificates.Certificates.as_view(),
        name="portal-certificates",
    ),
    path(
        "portal/<slug:tenant>/certificates/new/",
        certificates.AddCertificate.as_view(),
        name="portal-certificate-new",
    ),
    path(f"{CERTIFICATE}file/", certificates.CertificateFile.as_view(), name="portal-certificate-file"),
    path(
        f"{CERTIFICATE}withdraw/",
        certificates.WithdrawCertificate.as_view(),
        name="portal-certificate-withdraw",
    ),
    path("portal/<slug:tenant>/inbound/", inbound.Inbound.as_view(), name="portal-inbound"),
    path("portal/<slug:tenant>/inbound/new/", inbound.AnnounceInbound.as_view(), name="portal-inbound-new"),
    path(
        "portal/<slug:tenant>/inbound/<uuid:uid>/receive/",
        inbound.ReceiveInbound.as_view(),
        name="portal-inbound-receive",
    ),
    path(
        "portal/<slug:tenant>/inbound/<uuid:uid>/withdraw/",
        inbound.WithdrawInbound.as_view(),
        name="portal-inbound-withdraw",
    ),
    path("portal/<slug:tenant>/goods/new/", goods.NewProduct.as_view(), name="portal-product-new"),
    path("portal/<slug:tenant>/goods/<uuid:uid>/", goods.ProductPage.as_view(), name="portal-product"),
    path("portal/<slug:tenant>/reorders/", reorders.Reorders.as_view(), name="portal-reorders"),
    path("portal/<slug:tenant>/launches/new/", reorders.NewLaunch.as_view(), name="portal-launch-new"),
    path("portal/<slug:tenant>/launches/drop/", reorders.NewDrop.as_view(), name="portal-drop-new"),
    path("portal/<slug:tenant>/launches/<uuid:uid>/", reorders.LaunchPage.as_view(), name="portal-launch"),
    path(REORDER, reorders.ReorderPage.as_view(), name="portal-reorder"),
    path(f"{REORDER}confirm/", reorders.ConfirmReorder.as_view(), name="portal-reorder-confirm"),
    path(f"{REORDER}decline/", reorders.DeclineReorder.as_view(), name="portal-reorder-decline"),
    path(f"{REORDER}cancel/", reorders.CancelReorder.as_view(), name="portal-reorder-cancel"),
    path(f"{REORDER}advance/", reorders.AdvanceReorder.as_view(), name="portal-reorder-advance"),
    path(f"{REORDER}produce/", reorders.ProduceReorder.as_view(), name="portal-reorder-produce"),
    path(f"{REORDER}receive/", reorders.ReceiveReorder.as_view(), name="portal-reorder-receive"),
    path("portal/<slug:tenant>/factories/", factories.Factories.as_view(), name="portal-factories"),
    path("portal/<slug:tenant>/factories/new/", factories.NewFactory.as_view(), name="portal-factory-new"),
    path(
        "portal/<slug:tenant>/factories/<uuid:uid>/",
        factories.FactoryPage.as_view(),
        name="portal-factory",
    ),
    path("portal/<slug:tenant>/pool/", pool.Pool.as_view(), name="portal-pool"),
    path("portal/<slug:tenant>/pool/new/", pool.NewOffer.as_view(), name="portal-pool-new"),
    path("portal/<slug:tenant>/pool/answers/", answers.OfferAnswers.as_view(), name="portal-offer-answers"),
    path(
        "portal/<slug:tenant>/pool/answers/<uuid:uid>/agreement/",
        answers.ProposeCommission.as_view(),
        name="portal-offer-answer-agreement",
    ),
    path(
        "portal/<slug:tenant>/pool/<uuid:uid>/", answers.OfferPage.as_view(), name="portal-goods-offer-page"
    ),
    path(
        "portal/<slug:tenant>/pool/<uuid:uid>/withdraw/",
        pool.WithdrawOffer.as_view(),
        name="portal-goods-offer-withdraw",
    ),
    path(
        "portal/<slug:tenant>/pool/<uuid:uid>/samples/",
        samples.AskForSamples.as_view(),
        name="portal-goods-offer-samples",
    ),
    path("portal/<slug:tenant>/samples/", samples.Samples.as_view(), name="portal-samples"),
    path(SAMPLE, samples.SamplePage.as_view(), name="portal-sample"),
    path(f"{SAMPLE}agree/", samples.AgreeSamples.as_view(), name="portal-sample-agree"),
    path(f"{SAMPLE}refuse/", samples.RefuseSamples.as_view(), name="portal-sample-refuse"),
    path(f"{SAMPLE}withdraw/", samples.WithdrawSamples.as_view(), name="portal-sample-withdraw"),
    path(f"{SAMPLE}hand-out/", samples.HandOutSamples.as_view(), name="portal-sample-hand-out"),
    path(f"{SAMPLE}take-back/", samples.TakeSamplesBack.as_view(), name="portal-sample-take-back"),
    path(f"{SAMPLE}charge/", samples.ChargeSamples.as_view(), name="portal-sample-charge"),
    path(
        "portal/<slug:tenant>/bookings/<uuid:uid>/run/", runs.RunOfShow.as_view(), name="portal-booking-run"
    ),
    path(f"{LINE}move/", runs.MoveLine.as_view(), name="portal-run-line-move"),
    path(f"{LINE}drop/", runs.DropLine.as_view(), name="portal-run-line-drop"),
    path("portal/<slug:tenant>/charges/", charges.Charges.as_view(), name="portal-charges"),
    path("portal/<slug:tenant>/settlement/", statements.Settlement.as_view(), name="portal-settlement"),
    path(
        "portal/<slug:tenant>/agreements/new/", agreements.NewAgreement.as_view(), name="portal-agreement-new"
    ),
    path(AGREEMENT, agreements.AgreementPage.as_view(), name="portal-agreement"),
    path(f"{AGREEMENT}sign/", agreements.SignAgreement.as_view(), name="portal-agreement-sign"),
    path(f"{AGREEMENT}withdraw/", agreements.WithdrawAgreement.as_view(), name="portal-agreement-withdraw"),
    path(f"{AGREEMENT}end/", agreements.EndAgreement.as_view(), name="portal-agreement-end"),
    path(f"{AGREEMENT}count/", agreements.CountStatement.as_view(), name="portal-agreement-count"),
    path(STATEMENT, statements.StatementPage.as_view(), name="portal-statement"),
    path(f"{STATEMENT}table.<str:kind>", statements.StatementTable.as_view(), name="portal-statement-table"),
    path(f"{STATEMENT}paper.pdf", statements.StatementPaper.as_view(), name="portal-statement-paper"),
    path(f"{STATEMENT}approve/", statements.ApproveStatement.as_view(), name="portal-statement-approve"),
    path(f"{STATEMENT}count/", statements.RecountStatement.as_view(), name="portal-statement-count"),
    path(f"{STATEMENT}dispute/", statements.DisputeStatement.as_view(), name="portal-statement-dispute"),
    path(f"{STATEMENT}invoice/", statements.InvoiceStatement.as_view(), name="portal-statement-invoice"),
    path(f"{STATEMENT}pay/", statements.PayStatement.as_view(), name="portal-statement-pay"),
    path(
        "portal/<slug:tenant>/statement-lines/<uuid:uid>/",
        statements.StatementLinePage.as_view(),
        name="portal-statement-line",
    ),
]
