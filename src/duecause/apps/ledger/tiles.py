"""The tile table as the tree reads it."""

from duecause.apps.ledger.models import Tile


class TileTable:
    """Implements `engine.tlog.TileReader` over the database."""

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        data = Tile.objects.values_list("data", flat=True).get(level=level, position=index)
        return bytes(data)[: width * 32]
