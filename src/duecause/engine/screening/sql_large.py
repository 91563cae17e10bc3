"""The statements of a screening (see `sql`) for a list in order in which no row has two numbers.

Facts are gathered per number and person, not per row, and each row is judged in one pass over the list. Rows
leave with their mask, so that nothing of their width is kept a second time.
"""

from __future__ import annotations

from duecause.engine.screening.sql import CLAIM, DENY, PERSON_FACTS, TOKEN_FACTS

SECOND_NUMBER = "SELECT coalesce(max(ordinal), 0) FROM numbers_in"

KINDS_OF_NUMBER = """
SELECT c.country, n.is_natural
FROM (SELECT country FROM numbers_in UNION SELECT '') c,
     (SELECT true AS is_natural UNION ALL SELECT false) n
WHERE c.country IS NOT NULL ORDER BY c.country, n.is_natural
"""

LOOK_UP = (
    f"""
CREATE TEMP TABLE hit_token AS
SELECT t.token, bit_or(t.deny) AS deny, bit_or(t.hold) AS hold
FROM ({TOKEN_FACTS}) t WHERE t.token IN (SELECT token FROM numbers_in)
GROUP BY t.token
""",
    f"""
CREATE TEMP TABLE hit_person AS
SELECT p.person, bit_or(p.deny) AS deny, bit_or(p.hold) AS hold
FROM ({PERSON_FACTS}) p WHERE p.person IS NOT NULL
GROUP BY p.person
""",
    """
CREATE TEMP TABLE hit_notice AS
SELECT x.row_id AS seq, bit_or(c.bit) AS deny
FROM notices_in x JOIN codes c ON c.code = x.reason
GROUP BY x.row_id
""",
)

_NUMBERS = """
    SELECT row_id AS seq, ordinal, token, person, coalesce(country, '') AS country, region,
           coalesce("natural", true) AS is_natural, coalesce(minor_band, '') = 'minor' AS is_minor,
           coalesce(basis, 'unknown') = 'unknown' AS basis_unknown, source IS NULL AS origin_unknown
    FROM numbers_in
"""
_JUDGED = """
CREATE TEMP TABLE judged AS
SELECT seq * 32768 + ordinal AS k, seq, ordinal, token, person, country, region, {deny}
FROM (
    SELECT n.*, s.ban, s.ban_unless, s.no_consent, s.consent, s.accepts,
           s.deny | (coalesce(t.deny, 0) & s.token_filter) | coalesce(p.deny, 0) | coalesce(o.deny, 0)
               AS denied,
           coalesce(t.hold, 0) | coalesce(p.hold, 0) AS hold
    FROM ({numbers}) n
    JOIN situations s ON s.country = n.country AND s.is_natural = n.is_natural
    LEFT JOIN hit_token t ON t.token = n.token
    LEFT JOIN hit_person p ON p.person = n.person
    LEFT JOIN hit_notice o ON o.seq = n.seq
) facts
"""
_MAKE_ROOM = ("DROP TABLE hit_token", "DROP TABLE hit_person", "DROP TABLE hit_notice")


JUDGE = (_JUDGED.format(deny=DENY, numbers=_NUMBERS), *_MAKE_ROOM, *CLAIM)


# A kept number has no reason of its own and its row no problem: both would have kept it from being kept.
MASKED = """
SELECT j.seq AS row_id, j.ordinal, j.token, j.person, j.country, j.region,
       CASE WHEN t.k = j.k THEN {gate}
            ELSE {gate} | j.deny | coalesce(q.deny, 0)
                 | CASE WHEN t.k IS NOT NULL OR p.k IS NOT NULL THEN {duplicate_in_list} ELSE 0 END
            END::BIGINT AS mask
FROM judged j
LEFT JOIN kept t ON t.token = j.token
LEFT JOIN kept p ON p.person = j.person
LEFT JOIN row_problem q ON q.seq = j.seq
UNION ALL
SELECT r.seq, NULL, NULL, NULL, NULL, NULL, ({gate} | r.deny)::BIGINT FROM numberless r
"""
# Rows without a number mostly have a problem that says so; where some have none, all rows are gone through.
NUMBERLESS = """
CREATE TEMP TABLE numberless AS
SELECT q.seq, q.deny FROM row_problem q WHERE NOT EXISTS (SELECT 1 FROM judged j WHERE j.seq = q.seq)
"""
SILENT = """
SELECT (SELECT count(*) FROM rows_in) - (SELECT count(*) FROM judged) - (SELECT count(*) FROM numberless)
"""
ALSO_SILENT = (
    """
INSERT INTO numberless
SELECT r.row_id, $missing_phone::BIGINT FROM rows_in r
WHERE NOT EXISTS (SELECT 1 FROM judged j WHERE j.seq = r.row_id)
AND NOT EXISTS (SELECT 1 FROM row_problem q WHERE q.seq = r.row_id)
""",
)
VERDICTS = """
SELECT row_id, mask = 0 AS released, CASE WHEN mask = 0 THEN ordinal END AS ordinal,
       CASE WHEN mask = 0 THEN token END AS token, person, country, region, mask
FROM ({masked}) m
"""
