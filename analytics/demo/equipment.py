"""The equipment of a demo park."""

from __future__ import annotations

from livestreams.choices import EquipmentKind
from livestreams.models import Equipment, LiveRoom

EQUIPPED_ROOMS = 6
IN_ROOMS = (
    (EquipmentKind.CAMERA, "相机", "Camera"),
    (EquipmentKind.LIGHT, "补光灯", "Key light"),
)
IN_STORE = (
    (EquipmentKind.CAMERA, "备用相机", "Spare camera"),
    (EquipmentKind.SOUND, "无线麦克风", "Wireless microphone"),
    (EquipmentKind.SCREEN, "提词器", "Prompter"),
)


def equip(park_code: str, rooms: list[LiveRoom]) -> None:
    """The inventory of a park: what stands in its first rooms, and what lies in the store."""
    places: list[tuple[LiveRoom | None, tuple[EquipmentKind, str, str]]] = [
        (room, kind) for room in rooms[:EQUIPPED_ROOMS] for kind in IN_ROOMS
    ]
    places += [(None, kind) for kind in IN_STORE]
    Equipment.objects.bulk_create(
        Equipment(
            park_id=rooms[0].park_id,
            code=f"{park_code}-e{number:03d}",
            kind=kind,
            room=room,
            name_zh=name_zh,
            name_en=name_en,
        )
        for number, (room, (kind, name_zh, name_en)) in enumerate(places, 1)
    )
