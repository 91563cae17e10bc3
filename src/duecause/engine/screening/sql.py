"""The statements of a screening. Plain joins, windows and `bit_or`, so that another engine can run them.

Tables: n (numbers), hit_token and hit_person (what is known against and for a number), judged (n with
reasons), claim (numbers that may be released so far), kept (one per released row), final (a mask per row).
`k` orders numbers by row and ordinal.
"""

from __future__ import annotations

import pyarrow as pa

SITUATION = pa.schema(
    [
        ("country", pa.string()),
        ("is_natural", pa.bool_()),
        ("deny", pa.int64()),
        ("token_filter", pa.int64()),
        ("ban", pa.int64()),
        ("ban_unless", pa.int64()),
        ("no_consent", pa.int64()),
        ("consent", pa.int64()),
        ("accepts", pa.int64()),
    ]
)
CODES = pa.schema([("code", pa.string()), ("bit", pa.int64())])
REGISTER_CODES = pa.schema([("register", pa.string()), ("bit", pa.int64())])
DECODED = pa.schema([("mask", pa.int64()), ("reasons", pa.list_(pa.string()))])
FAMILIES = pa.schema([("family", pa.string())])
RELATION_RULES = pa.schema([("related", pa.bool_()), ("earliest_end", pa.date32()), ("hold", pa.int64())])

SETTINGS = (
    "SET arrow_lossless_conversion = true",  # keys come back as the 16 bytes they are
    # A join would hand a filter on keys to Arrow, which has none for them.
    "SET disabled_optimizers = 'join_filter_pushdown'",
)

# Places of rows in the list. A list in order needs no look-up of them.
PLACES = """
CREATE TEMP TABLE place AS
SELECT row_id, row_number() OVER (ORDER BY given) - 1 AS seq FROM rows_in
"""
PLACES_IN_ORDER = "CREATE TEMP VIEW place AS SELECT row_id, row_id AS seq FROM rows_in"
_NUMBERS = """
CREATE TEMP TABLE n AS
SELECT {seq} * 32768 + x.ordinal AS k, {seq} AS seq, x.ordinal, x.token, x.person,
       coalesce(x.country, '') AS country, coalesce(x."natural", true) AS is_natural,
       coalesce(x.minor_band, '') = 'minor' AS is_minor,
       coalesce(x.basis, 'unknown') = 'unknown' AS basis_unknown, x.source IS NULL AS origin_unknown,
       x.region
FROM numbers_in x {places}
"""


def numbers(*, in_order: bool) -> str:
    """Makes n."""
    if in_order:
        return _NUMBERS.format(seq="x.row_id", places="")
    return _NUMBERS.format(seq="r.seq", places="JOIN place r ON r.row_id = x.row_id")


CHECKS = (
    (
        "SELECT count(*) FROM (SELECT row_id FROM rows_in GROUP BY row_id HAVING count(*) > 1) d",
        "rows: row_id is not unique",
    ),
    (
        "SELECT count(*) FROM (SELECT k FROM n GROUP BY k HAVING count(*) > 1) d",
        "numbers: ordinal is not unique in its row",
    ),
    ("SELECT count(*) FROM numbers_in WHERE ordinal < 0", "numbers: ordinal is negative"),
)

FOUND_PROBLEMS = """
SELECT DISTINCT code FROM (SELECT unnest(problems) AS code FROM rows_in) p
WHERE code IS NOT NULL ORDER BY code
"""
FOUND_SUPPRESSIONS = """
SELECT DISTINCT reason FROM (
    SELECT reason FROM suppressed_in UNION ALL SELECT reason FROM suppressed_persons_in) s
WHERE reason IS NOT NULL ORDER BY reason
"""
FOUND_REGISTERS = (
    'SELECT DISTINCT "register" FROM register_in WHERE "register" IS NOT NULL ORDER BY "register"'
)
KINDS_OF_NUMBER = "SELECT DISTINCT country, is_natural FROM n ORDER BY country, is_natural"

# What is known against a number and for it, and the same of a person; a key may stand there several times.
TOKEN_FACTS = """
    SELECT s.token, c.bit AS deny, 0::BIGINT AS hold
    FROM suppressed_in s JOIN codes c ON c.code = coalesce(s.reason, 'objection')
    UNION ALL SELECT token, $erased_guard::BIGINT, 0::BIGINT FROM guard_in
    UNION ALL SELECT r.token, c.bit, 0::BIGINT
    FROM register_in r JOIN register_codes c ON c."register" = r."register"
    UNION ALL SELECT token, $released_elsewhere::BIGINT, 0::BIGINT FROM elsewhere_in
    UNION ALL SELECT token, 0::BIGINT, $consent_of_number::BIGINT FROM consents_in
"""
PERSON_FACTS = """
    SELECT s.person, c.bit AS deny, 0::BIGINT AS hold
    FROM suppressed_persons_in s JOIN codes c ON c.code = coalesce(s.reason, 'objection')
    UNION ALL SELECT person, $released_elsewhere::BIGINT, 0::BIGINT FROM elsewhere_in
    UNION ALL SELECT person, 0::BIGINT, $consent_of_person::BIGINT FROM consents_in
    UNION ALL SELECT r.person, 0::BIGINT, e.hold
    FROM relations_in r
    JOIN relation_rules e ON r."until" IS NULL OR r."until" >= e.earliest_end
    LEFT JOIN families f ON f.family = r.family
    WHERE r.since <= $on::DATE AND (f.family IS NOT NULL OR NOT e.related)
"""

LOOK_UP = (
    f"""
CREATE TEMP TABLE hit_token AS
SELECT n.k, bit_or(t.deny) AS deny, bit_or(t.hold) AS hold
FROM ({TOKEN_FACTS}) t JOIN n ON n.token = t.token
GROUP BY n.k
""",
    """
CREATE TEMP TABLE hit_notice AS
SELECT r.seq * 32768 + x.ordinal AS k, bit_or(c.bit) AS deny
FROM notices_in x JOIN place r ON r.row_id = x.row_id JOIN codes c ON c.code = x.reason
GROUP BY 1
""",
    f"""
CREATE TEMP TABLE hit_person AS
SELECT n.k, bit_or(p.deny) AS deny, bit_or(p.hold) AS hold
FROM ({PERSON_FACTS}) p JOIN n ON n.person = p.person
GROUP BY n.k
""",
)

# One reason or none from each fact.
DENY = """
       denied
       | CASE WHEN is_minor THEN $minor::BIGINT ELSE 0 END
       | CASE WHEN origin_unknown THEN $origin_unknown::BIGINT ELSE 0 END
       | CASE WHEN (hold & ban_unless) = 0 THEN ban ELSE 0 END
       | CASE WHEN (hold & accepts) = 0 THEN no_consent ELSE 0 END
       | CASE WHEN basis_unknown AND (hold & consent) = 0 THEN $basis_unknown::BIGINT ELSE 0 END AS deny
"""

CLAIM = (
    """
CREATE TEMP TABLE row_problem AS
SELECT p.seq, bit_or(c.bit) AS deny
FROM (SELECT row_id, unnest(problems) AS code FROM rows_in) w JOIN codes c ON c.code = w.code
JOIN place p ON p.row_id = w.row_id
GROUP BY p.seq
""",
    """
CREATE TEMP TABLE claim AS
SELECT j.k, j.seq, j.person, j.token FROM judged j
WHERE j.deny = 0 AND NOT EXISTS (SELECT 1 FROM row_problem p WHERE p.seq = j.seq)
""",
    "CREATE TEMP TABLE kept (k BIGINT, seq BIGINT, person UUID, token UUID)",
)

JUDGE = (
    f"""
CREATE TEMP TABLE judged AS
SELECT k, seq, ordinal, token, person, country, region, {DENY}
FROM (
    SELECT n.k, n.seq, n.ordinal, n.token, n.person, n.country, n.region, n.is_minor,
           n.basis_unknown, n.origin_unknown,
           s.ban, s.ban_unless, s.no_consent, s.consent, s.accepts,
           s.deny | (coalesce(t.deny, 0) & s.token_filter) | coalesce(p.deny, 0) | coalesce(o.deny, 0)
               AS denied,
           coalesce(t.hold, 0) | coalesce(p.hold, 0) AS hold
    FROM n
    JOIN situations s ON s.country = n.country AND s.is_natural = n.is_natural
    LEFT JOIN hit_token t ON t.k = n.k
    LEFT JOIN hit_person p ON p.k = n.k
    LEFT JOIN hit_notice o ON o.k = n.k
) facts
""",
    # What is not asked for again makes room for the joins to come.
    "DROP TABLE hit_token",
    "DROP TABLE hit_person",
    "DROP TABLE hit_notice",
    "DROP TABLE n",
    *CLAIM,
)

CLAIMS_LEFT = "SELECT count(*) FROM claim"
CLAIMS_IN_ORDER = "SELECT k, seq, person, token FROM claim ORDER BY k"

# A claim first in its row, person and number wins; a claim that is behind a winner in any of them is out.
KEEP = (
    """
CREATE OR REPLACE TEMP TABLE contest AS
SELECT k, seq, person, token, min(k) OVER (PARTITION BY seq) AS by_row,
       CASE WHEN person IS NULL THEN k ELSE min(k) OVER (PARTITION BY person) END AS by_person,
       min(k) OVER (PARTITION BY token) AS by_token
FROM claim
""",
    """
CREATE OR REPLACE TEMP TABLE winner AS
SELECT k, seq, person, token FROM contest WHERE k = by_row AND k = by_person AND k = by_token
""",
    "INSERT INTO kept SELECT k, seq, person, token FROM winner",
    """
CREATE OR REPLACE TEMP TABLE claim AS
SELECT k, seq, person, token FROM contest c
WHERE NOT (k = by_row AND k = by_person AND k = by_token)
AND NOT EXISTS (SELECT 1 FROM winner w WHERE w.k = c.by_row)
AND NOT EXISTS (SELECT 1 FROM winner w WHERE w.k = c.by_person)
AND NOT EXISTS (SELECT 1 FROM winner w WHERE w.k = c.by_token)
""",
)
KEEP_SETTLED = """
INSERT INTO kept SELECT c.k, c.seq, c.person, c.token FROM claim c JOIN settled s ON s.k = c.k
"""

SEVERAL_NUMBERS = "SELECT coalesce(max(ordinal), 0) FROM judged"

REASONS = (
    """
CREATE TEMP TABLE refused AS
SELECT j.seq, min(j.k) AS k,
       bit_or(j.deny | CASE WHEN t.seq IS NOT NULL OR p.seq IS NOT NULL THEN $duplicate_in_list::BIGINT
                            ELSE 0 END) AS deny
FROM judged j
LEFT JOIN kept t ON t.token = j.token
LEFT JOIN kept p ON p.person = j.person
WHERE NOT EXISTS (SELECT 1 FROM kept r WHERE r.seq = j.seq)
GROUP BY j.seq
""",
    """
CREATE TEMP TABLE final AS
SELECT m.seq, m.row_id, m.mask, j.ordinal, j.token, j.person, j.country, j.region
FROM (
    SELECT r.seq, r.row_id, coalesce(w.k, f.k) AS k,
           CASE WHEN w.k IS NOT NULL THEN $gate::BIGINT
                WHEN f.k IS NULL AND p.deny IS NULL THEN $gate::BIGINT | $missing_phone::BIGINT
                ELSE $gate::BIGINT | coalesce(f.deny, 0) | coalesce(p.deny, 0) END AS mask
    FROM place r
    LEFT JOIN kept w ON w.seq = r.seq
    LEFT JOIN refused f ON f.seq = r.seq
    LEFT JOIN row_problem p ON p.seq = r.seq
) m LEFT JOIN judged j ON j.k = m.k
""",
)

# The same where no row has two numbers: then nothing is gathered per row.
REASONS_OF_ONE = (
    """
CREATE TEMP TABLE final AS
SELECT r.seq, r.row_id, j.ordinal, j.token, j.person, j.country, j.region,
       CASE WHEN t.k = j.k THEN $gate::BIGINT
            WHEN j.k IS NULL AND q.deny IS NULL THEN $gate::BIGINT | $missing_phone::BIGINT
            ELSE $gate::BIGINT | coalesce(j.deny, 0) | coalesce(q.deny, 0)
                 | CASE WHEN t.k IS NOT NULL OR p.k IS NOT NULL THEN $duplicate_in_list::BIGINT ELSE 0 END
            END AS mask
FROM place r
LEFT JOIN judged j ON j.seq = r.seq
LEFT JOIN kept t ON t.token = j.token
LEFT JOIN kept p ON p.person = j.person
LEFT JOIN row_problem q ON q.seq = r.seq
""",
)
FORGET = ("DROP TABLE judged", "DROP TABLE kept")

MASK_COUNTS = "SELECT mask, count(*) FROM final GROUP BY mask"
RELEASED_COUNTRIES = "SELECT DISTINCT country FROM final WHERE mask = 0 ORDER BY country"

VERDICTS = """
SELECT f.row_id, f.mask = 0 AS released,
       CASE WHEN f.mask = 0 THEN f.ordinal END AS ordinal, CASE WHEN f.mask = 0 THEN f.token END AS token,
       f.person, f.country, f.region, d.reasons
FROM final f JOIN decoded d ON d.mask = f.mask
"""
IN_ORDER = "ORDER BY f.seq"
