-- The dialler of a call centre that works for the same fictional supplier.
CREATE TABLE call_list (id INTEGER PRIMARY KEY, name VARCHAR(60) NOT NULL);
CREATE TABLE outcome (code VARCHAR(10) PRIMARY KEY, name VARCHAR(40) NOT NULL);
CREATE TABLE lead_person (
    id INTEGER PRIMARY KEY, customer_no VARCHAR(20), phone VARCHAR(20) NOT NULL, first_name VARCHAR(40), last_name VARCHAR(60),
    birth_date DATE NOT NULL, city VARCHAR(60));
CREATE TABLE list_entry (
    list_id INTEGER NOT NULL, lead_id INTEGER NOT NULL, position INTEGER, PRIMARY KEY (list_id, lead_id),
    FOREIGN KEY (list_id) REFERENCES call_list (id), FOREIGN KEY (lead_id) REFERENCES lead_person (id));
CREATE TABLE calls (
    id INTEGER PRIMARY KEY, lead_id INTEGER NOT NULL, phone VARCHAR(20), agent_code VARCHAR(10), started_at TIMESTAMP NOT NULL,
    outcome_code VARCHAR(10), FOREIGN KEY (lead_id) REFERENCES lead_person (id), FOREIGN KEY (outcome_code) REFERENCES outcome (code));
CREATE TABLE recording (
    id INTEGER PRIMARY KEY, call_id INTEGER NOT NULL, file_name VARCHAR(80), seconds INTEGER, FOREIGN KEY (call_id) REFERENCES calls (id));
CREATE TABLE call_note (
    id INTEGER PRIMARY KEY, call_id INTEGER NOT NULL, note TEXT, FOREIGN KEY (call_id) REFERENCES calls (id));
CREATE TABLE callback (
    id INTEGER PRIMARY KEY, lead_id INTEGER NOT NULL, due_at TIMESTAMP, note VARCHAR(120), FOREIGN KEY (lead_id) REFERENCES lead_person (id));
CREATE TABLE voicemail (id INTEGER PRIMARY KEY, from_phone VARCHAR(20), transcript TEXT);
CREATE TABLE do_not_call (phone VARCHAR(20) PRIMARY KEY, since DATE);

INSERT INTO call_list VALUES (1, 'Heat pumps spring');
INSERT INTO outcome VALUES ('sale', 'Sale'), ('no', 'Not interested');
INSERT INTO lead_person VALUES
    (41, 'C-1001', '0032470000021', 'Mila', 'Peeters', '1980-05-17', 'Gent'), (42, 'C-1003', '0032470000023', 'Ada', 'Dubois', '1991-11-30', 'Bruxelles');
INSERT INTO list_entry VALUES (1, 41, 1), (1, 42, 2);
INSERT INTO calls VALUES
    (51, 41, '0032470000021', 'N1', '2026-03-01 10:00:00', 'no'), (52, 41, '0032470000021', 'N1', '2026-04-01 10:00:00', 'sale'),
    (53, 42, '0032470000023', 'N2', '2026-04-02 11:00:00', 'no');
INSERT INTO recording VALUES (61, 51, 'mila-51.ogg', 60), (62, 52, 'mila-52.ogg', 340), (63, 53, 'ada-53.ogg', 20);
INSERT INTO call_note VALUES (71, 51, 'Mila asks not to be called before ten'), (72, 53, 'Ada has a cold');
INSERT INTO callback VALUES (81, 41, '2026-12-01 10:00:00', 'ask Mila about the roof');
INSERT INTO voicemail VALUES (91, '+32470000021', 'Hello, Mila Peeters speaking'), (92, '+32470000099', 'Wrong number');
INSERT INTO do_not_call VALUES ('+32470000021', '2026-05-01');
