-- The legacy CRM of the same fictional supplier.
CREATE TABLE agent (id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL, email VARCHAR(100) NOT NULL);
CREATE TABLE account (
    tenant VARCHAR(8) NOT NULL, account_no VARCHAR(20) NOT NULL, iban VARCHAR(34), note VARCHAR(200), PRIMARY KEY (tenant, account_no));
CREATE TABLE contact (
    id INTEGER PRIMARY KEY, customer_no VARCHAR(20), tenant VARCHAR(8), account_no VARCHAR(20), full_name VARCHAR(80), email VARCHAR(100),
    phone VARCHAR(24), notes TEXT);
CREATE TABLE ticket (
    id INTEGER PRIMARY KEY, contact_id INTEGER, second_contact_id INTEGER, parent_id INTEGER, agent_id INTEGER, opened_on DATE NOT NULL,
    caller_name VARCHAR(80), second_name VARCHAR(80), subject VARCHAR(120), FOREIGN KEY (contact_id) REFERENCES contact (id),
    FOREIGN KEY (second_contact_id) REFERENCES contact (id), FOREIGN KEY (agent_id) REFERENCES agent (id));
CREATE TABLE message (
    id INTEGER PRIMARY KEY, ticket_id INTEGER NOT NULL, sender VARCHAR(100), body TEXT, FOREIGN KEY (ticket_id) REFERENCES ticket (id));
CREATE TABLE attachment (
    id INTEGER PRIMARY KEY, message_id INTEGER NOT NULL, file_name VARCHAR(120), FOREIGN KEY (message_id) REFERENCES message (id));
CREATE TABLE complaint (
    id INTEGER PRIMARY KEY, contact_id INTEGER NOT NULL, received_on DATE NOT NULL, complaint TEXT,
    FOREIGN KEY (contact_id) REFERENCES contact (id));
CREATE TABLE consent (
    id INTEGER PRIMARY KEY, contact_id INTEGER NOT NULL, purpose VARCHAR(40) NOT NULL, given_on DATE NOT NULL, said VARCHAR(200),
    FOREIGN KEY (contact_id) REFERENCES contact (id));
CREATE TABLE survey_answer (
    id INTEGER PRIMARY KEY, contact_id INTEGER NOT NULL, score INTEGER, remark VARCHAR(200), age_band VARCHAR(10), postcode VARCHAR(12) NOT NULL,
    FOREIGN KEY (contact_id) REFERENCES contact (id));
CREATE TABLE tag (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL);
CREATE TABLE ticket_tag (ticket_id INTEGER NOT NULL, tag_id INTEGER NOT NULL, PRIMARY KEY (ticket_id, tag_id));

INSERT INTO agent VALUES (1, 'Noor Agent', 'noor@supplier.example'), (2, 'Bram Agent', 'bram@supplier.example');
INSERT INTO account VALUES ('BE', 'A-1', 'BE68539007547034', 'pays by mandate'), ('BE', 'A-3', 'BE43068999999501', NULL), ('NL', 'A-1', 'NL91ABNA0417164300', NULL);
INSERT INTO contact VALUES
    (501, 'C-1001', 'BE', 'A-1', 'Mila Peeters', 'mila.old@example.org', '0470/00.00.21', 'prefers mornings'),
    (502, 'C-1002', NULL, NULL, 'Tom Peeters', 'tom@example.org', NULL, NULL),
    (503, 'C-1003', 'BE', 'A-3', 'Ada Dubois', 'ada@example.net', NULL, 'moved in 2024');
INSERT INTO ticket VALUES
    (601, 501, NULL, NULL, 1, '2025-05-01', 'Mila', NULL, 'Bill of Mila too high'),
    (602, 501, NULL, 601, 1, '2025-05-03', 'Mila', NULL, 'Again about the bill'),
    (603, 501, 502, NULL, 2, '2025-06-01', 'Mila', 'Tom', 'Move of contract'),
    (604, 503, NULL, 601, 2, '2025-06-02', 'Ada', NULL, 'Merged into another one by mistake');
INSERT INTO message VALUES
    (701, 601, 'mila@example.org', 'My bill is wrong. Mila'), (702, 602, 'mila@example.org', 'Still wrong'), (703, 604, 'ada@example.net', 'Hello, Ada here');
INSERT INTO attachment VALUES (801, 701, 'bill-mila.pdf'), (802, 703, 'ada.pdf');
INSERT INTO complaint VALUES (901, 501, '2025-07-01', 'Nobody calls back'), (902, 503, '2025-07-02', 'Rude call');
INSERT INTO consent VALUES (951, 501, 'marketing', '2024-01-01', 'Yes, you may call me');
INSERT INTO survey_answer VALUES (961, 501, 4, 'Friendly Noor', '40-49', '9000'), (962, 503, 5, NULL, '30-39', '1000');
INSERT INTO tag VALUES (1, 'billing'), (2, 'move');
INSERT INTO ticket_tag VALUES (601, 1), (603, 2);
