"""The 34 province-level places of China, and the one function that recognises their names.

Codes are the first two digits of GB/T 2260. `region` and `in_study` follow the division used with the
e-commerce index: 30 provinces in east, central and west; Tibet is western but outside the panel, Hong Kong,
Macao and Taiwan have no region. `column` and `row` place each on an 8 by 8 tile map that keeps neighbours
neighbours where it can.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from parks.choices import Region


@dataclass(frozen=True, slots=True)
class Province:
    """One province-level place; `code` is two digits ("44"), `area_code` the six-digit form ("440000")."""

    code: str
    name_zh: str
    short_zh: str
    name_en: str
    region: Region | None
    in_study: bool
    column: int
    row: int
    aliases: tuple[str, ...] = ()

    @property
    def area_code(self) -> str:
        return f"{self.code}0000"


def _study(
    region: Region, code: str, zh: str, short: str, en: str, tile: tuple[int, int], *aliases: str
) -> Province:
    return Province(code, zh, short, en, region, True, *tile, aliases)


EAST, CENTRAL, WEST = Region.EAST, Region.CENTRAL, Region.WEST
# fmt: off
PROVINCES: Final[tuple[Province, ...]] = (
    _study(EAST, "11", "北京市", "北京", "Beijing", (5, 2), "京", "Peking"),
    _study(EAST, "12", "天津市", "天津", "Tianjin", (6, 2), "津", "Tientsin"),
    _study(EAST, "13", "河北省", "河北", "Hebei", (5, 3), "冀"),
    _study(CENTRAL, "14", "山西省", "山西", "Shanxi", (4, 3), "晋"),
    _study(WEST, "15", "内蒙古自治区", "内蒙古", "Inner Mongolia", (4, 2),
           "蒙", "内蒙", "Nei Mongol", "Neimenggu"),
    _study(EAST, "21", "辽宁省", "辽宁", "Liaoning", (7, 2), "辽"),
    _study(CENTRAL, "22", "吉林省", "吉林", "Jilin", (7, 1), "吉"),
    _study(CENTRAL, "23", "黑龙江省", "黑龙江", "Heilongjiang", (7, 0), "黑"),
    _study(EAST, "31", "上海市", "上海", "Shanghai", (6, 5), "沪"),
    _study(EAST, "32", "江苏省", "江苏", "Jiangsu", (6, 4), "苏"),
    _study(EAST, "33", "浙江省", "浙江", "Zhejiang", (5, 5), "浙"),
    _study(CENTRAL, "34", "安徽省", "安徽", "Anhui", (5, 4), "皖"),
    _study(EAST, "35", "福建省", "福建", "Fujian", (4, 6), "闽"),
    _study(CENTRAL, "36", "江西省", "江西", "Jiangxi", (4, 5), "赣"),
    _study(EAST, "37", "山东省", "山东", "Shandong", (6, 3), "鲁"),
    _study(CENTRAL, "41", "河南省", "河南", "Henan", (4, 4), "豫"),
    _study(CENTRAL, "42", "湖北省", "湖北", "Hubei", (3, 4), "鄂"),
    _study(CENTRAL, "43", "湖南省", "湖南", "Hunan", (3, 5), "湘"),
    _study(EAST, "44", "广东省", "广东", "Guangdong", (3, 6), "粤", "Canton"),
    _study(WEST, "45", "广西壮族自治区", "广西", "Guangxi", (2, 6), "桂", "Kwangsi"),
    _study(EAST, "46", "海南省", "海南", "Hainan", (2, 7), "琼"),
    _study(WEST, "50", "重庆市", "重庆", "Chongqing", (2, 4), "渝", "Chungking"),
    _study(WEST, "51", "四川省", "四川", "Sichuan", (1, 4), "川", "蜀", "Szechwan"),
    _study(WEST, "52", "贵州省", "贵州", "Guizhou", (2, 5), "黔", "贵"),
    _study(WEST, "53", "云南省", "云南", "Yunnan", (1, 5), "滇", "云"),
    Province("54", "西藏自治区", "西藏", "Tibet", WEST, False, 0, 4, ("藏", "Xizang")),
    _study(WEST, "61", "陕西省", "陕西", "Shaanxi", (3, 3), "陕", "秦"),
    _study(WEST, "62", "甘肃省", "甘肃", "Gansu", (2, 3), "甘", "陇"),
    _study(WEST, "63", "青海省", "青海", "Qinghai", (1, 3), "青"),
    _study(WEST, "64", "宁夏回族自治区", "宁夏", "Ningxia", (3, 2), "宁"),
    _study(WEST, "65", "新疆维吾尔自治区", "新疆", "Xinjiang", (0, 3), "新", "Sinkiang"),
    Province("71", "台湾省", "台湾", "Taiwan", None, False, 5, 6, ("台", "中国台湾", "Taiwan, China")),
    Province("81", "香港特别行政区", "香港", "Hong Kong", None, False, 4, 7,
             ("港", "中国香港", "HKSAR", "Hong Kong SAR")),
    Province("82", "澳门特别行政区", "澳门", "Macao", None, False, 3, 7,
             ("澳", "中国澳门", "Macau", "Macao SAR")),
)
# Two letters by ISO 3166-2:CN, for where a name has no room.
LETTERS: Final = MappingProxyType({
    "11": "BJ", "12": "TJ", "13": "HE", "14": "SX", "15": "NM", "21": "LN", "22": "JL", "23": "HL", "31": "SH",
    "32": "JS", "33": "ZJ", "34": "AH", "35": "FJ", "36": "JX", "37": "SD", "41": "HA", "42": "HB", "43": "HN",
    "44": "GD", "45": "GX", "46": "HI", "50": "CQ", "51": "SC", "52": "GZ", "53": "YN", "54": "XZ", "61": "SN",
    "62": "GS", "63": "QH", "64": "NX", "65": "XJ", "71": "TW", "81": "HK", "82": "MO",
})
# fmt: on
STUDY_PROVINCES: Final = tuple(province for province in PROVINCES if province.in_study)

# Files from Taiwan, Hong Kong and Macao write the traditional forms of the characters above.
_SIMPLIFIED: Final = str.maketrans(
    "內遼寧龍蘇東廣慶貴雲陝肅灣臺門區壯爾維別黃閩魯贛遼晉",
    "内辽宁龙苏东广庆贵云陕肃湾台门区壮尔维别黄闽鲁赣辽晋",
)
# Not the proper ending of every place, but what people write: 广西省, 西藏省, 新疆省 are met in real files.
# 市 and "city" are kept for the four that are cities: 吉林市 is a city of Jilin and not the province.
_ENDINGS_ZH: Final = ("", "省", "自治区", "壮族自治区", "回族自治区", "维吾尔自治区", "维吾尔族自治区")
_ENDINGS_EN: Final = re.compile(
    r"(zhuang|hui|uygur|uyghur|uighur)?(autonomousregion|province|sheng|zizhiqu)$"
)
_CITY_ENDINGS: Final = ("市", "shi", "city", "municipality")
_SPECIAL_ENDINGS: Final = ("特别行政区", "地区", "region", "specialadministrativeregion")
_NOISE: Final = re.compile(r"[\s\u200b-\u200d\ufeff'’`.,·_\-]+")


def _plain(text: str) -> str:
    """`text` without width forms, blanks and punctuation, in simplified characters and lower case."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).casefold().translate(_SIMPLIFIED)


def _spellings(province: Province) -> Iterator[str]:
    short, english = province.short_zh, _plain(province.name_en)
    yield from (_plain(name) for name in (province.name_zh, english, *province.aliases))
    yield from (short + ending for ending in _ENDINGS_ZH)
    if province.name_zh.endswith("市"):
        yield from (name + ending for name in (short, english) for ending in _CITY_ENDINGS)
    if province.region is None:
        yield from (name + ending for name in (short, english) for ending in _SPECIAL_ENDINGS)


_BY_CODE: Final = MappingProxyType({province.code: province for province in PROVINCES})
_BY_SPELLING: Final = MappingProxyType(
    {spelling: province for province in PROVINCES for spelling in _spellings(province)}
)


def province_by_name(text: str) -> Province | None:
    """The province that `text` names in any usual spelling, Chinese or English; None when it names none.

    >>> province_by_name(" 广西省 ").code
    '45'
    """
    plain = _plain(text)
    return _BY_SPELLING.get(plain) or _BY_SPELLING.get(_ENDINGS_EN.sub("", plain))


def province_by_code(code: str) -> Province | None:
    """The province of a GB/T 2260 code of 2, 6, 9 or 12 ASCII digits; None for a code of a lower level."""
    if not (code.isascii() and code.isdigit() and len(code) in (2, 6, 9, 12)) or code[2:].strip("0"):
        return None
    return _BY_CODE.get(code[:2])
