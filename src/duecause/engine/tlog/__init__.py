"""A tamper-evident log after RFC 9162 in the formats of C2SP: tiles, checkpoints, cosignatures, proofs."""

from duecause.engine.tlog.bundle import BundleReader, Disclosure
from duecause.engine.tlog.export import write_bundle
from duecause.engine.tlog.failures import Failure, Kind, Report
from duecause.engine.tlog.frontier import Frontier
from duecause.engine.tlog.hashing import EMPTY_ROOT, leaf_hash, node_hash, root_of
from duecause.engine.tlog.leaf import (
    BatchLeaf,
    BatchTree,
    EventLeaf,
    RecordProof,
    batch_leaf_bytes,
    canonical_json,
    commitment,
    leaf_bytes,
    parse_leaf,
)
from duecause.engine.tlog.notes import (
    BadSignature,
    Checkpoint,
    Malformed,
    Note,
    Signer,
    Verifier,
    check_note,
    encode64,
    join_notes,
    parse_checkpoint,
    parse_note,
    sign_checkpoint,
    split_notes,
)
from duecause.engine.tlog.policy import Policy, parse_policy
from duecause.engine.tlog.proofs import verify_consistency, verify_inclusion
from duecause.engine.tlog.receipts import TlogProof, parse_proof, record_extra
from duecause.engine.tlog.tiles import Tile, TiledTree, TileReader, new_tiles, tile_path
from duecause.engine.tlog.verify import verify_bundle

__all__ = [
    "EMPTY_ROOT",
    "BadSignature",
    "BatchLeaf",
    "BatchTree",
    "BundleReader",
    "Checkpoint",
    "Disclosure",
    "EventLeaf",
    "Failure",
    "Frontier",
    "Kind",
    "Malformed",
    "Note",
    "Policy",
    "RecordProof",
    "Report",
    "Signer",
    "Tile",
    "TileReader",
    "TiledTree",
    "TlogProof",
    "Verifier",
    "batch_leaf_bytes",
    "canonical_json",
    "check_note",
    "commitment",
    "encode64",
    "join_notes",
    "leaf_bytes",
    "leaf_hash",
    "new_tiles",
    "node_hash",
    "parse_checkpoint",
    "parse_leaf",
    "parse_note",
    "parse_policy",
    "parse_proof",
    "record_extra",
    "root_of",
    "sign_checkpoint",
    "split_notes",
    "tile_path",
    "verify_bundle",
    "verify_consistency",
    "verify_inclusion",
    "write_bundle",
]
