"""Forms of the portal, and fields that the admin has in common with it: shape only."""

from __future__ import annotations

from supplychain.forms.agreements import TiersField
from supplychain.forms.answers import SessionAnswerForm, SkuAnswerForm, WindowForm
from supplychain.forms.goods import MakeSkuForm, ProductForm
from supplychain.forms.shops import ShopChangeForm, ShopForm, ShopSecretForm
from supplychain.forms.uploads import ColumnForm, UploadForm

__all__ = [
    "ColumnForm",
    "MakeSkuForm",
    "ProductForm",
    "SessionAnswerForm",
    "ShopChangeForm",
    "ShopForm",
    "ShopSecretForm",
    "SkuAnswerForm",
    "TiersField",
    "UploadForm",
    "WindowForm",
]
