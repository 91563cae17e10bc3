-- A fictional energy supplier's billing system. Runs on PostgreSQL, MariaDB and SQLite.
CREATE TABLE product (id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL, price NUMERIC(8, 2) NOT NULL);
CREATE TABLE address (id INTEGER PRIMARY KEY, street VARCHAR(80), house_number VARCHAR(12), postcode VARCHAR(12), city VARCHAR(60));
CREATE TABLE customer (
    id INTEGER PRIMARY KEY, customer_no VARCHAR(20) NOT NULL UNIQUE, first_name VARCHAR(40), last_name VARCHAR(60) NOT NULL,
    email VARCHAR(100) NOT NULL UNIQUE, phone VARCHAR(20), birth_date DATE NOT NULL, address_id INTEGER, referred_by INTEGER,
    FOREIGN KEY (address_id) REFERENCES address (id), FOREIGN KEY (referred_by) REFERENCES customer (id));
CREATE TABLE profile (customer_id INTEGER PRIMARY KEY, settings TEXT, FOREIGN KEY (customer_id) REFERENCES customer (id));
CREATE TABLE contract (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, product_id INTEGER NOT NULL, started_on DATE NOT NULL, ended_on DATE,
    FOREIGN KEY (customer_id) REFERENCES customer (id), FOREIGN KEY (product_id) REFERENCES product (id));
CREATE TABLE meter (contract_id INTEGER PRIMARY KEY, serial VARCHAR(30), FOREIGN KEY (contract_id) REFERENCES contract (id));
CREATE TABLE meter_reading (
    id INTEGER PRIMARY KEY, contract_id INTEGER NOT NULL, read_on DATE NOT NULL, reading INTEGER,
    FOREIGN KEY (contract_id) REFERENCES contract (id));
CREATE TABLE invoice (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, address_id INTEGER, issued_on DATE NOT NULL, addressee VARCHAR(100),
    total NUMERIC(10, 2) NOT NULL, FOREIGN KEY (customer_id) REFERENCES customer (id), FOREIGN KEY (address_id) REFERENCES address (id));
CREATE TABLE invoice_line (
    invoice_id INTEGER NOT NULL, line_no INTEGER NOT NULL, product_id INTEGER NOT NULL, remark VARCHAR(80), amount NUMERIC(10, 2) NOT NULL,
    PRIMARY KEY (invoice_id, line_no), FOREIGN KEY (invoice_id) REFERENCES invoice (id), FOREIGN KEY (product_id) REFERENCES product (id));
CREATE TABLE bank_account (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, iban VARCHAR(34), holder VARCHAR(80),
    FOREIGN KEY (customer_id) REFERENCES customer (id));
CREATE TABLE mandate (
    id INTEGER PRIMARY KEY, bank_account_id INTEGER NOT NULL, signed_on DATE, signature VARCHAR(80),
    FOREIGN KEY (bank_account_id) REFERENCES bank_account (id));
CREATE TABLE newsletter (email VARCHAR(100) NOT NULL, subscribed_on DATE, source VARCHAR(30));

INSERT INTO product VALUES (1, 'Electricity', 0.31), (2, 'Gas', 0.09);
INSERT INTO address VALUES (1, 'Kerkstraat', '12', '9000', 'Gent'), (2, 'Rue Haute', '3', '1000', 'Bruxelles'), (3, 'Veldweg', '40', '2000', 'Antwerpen');
INSERT INTO customer VALUES
    (1, 'C-1001', 'Mila', 'Peeters', 'mila@example.org', '+32 470 00 00 21', '1980-05-17', 1, NULL),
    (2, 'C-1002', 'Tom', 'Peeters', 'tom@example.org', '+32470000022', '1978-01-09', 1, 1),
    (3, 'C-1003', 'Ada', 'Dubois', 'ada@example.net', '+32470000023', '1991-11-30', 2, NULL),
    (4, 'C-1004', 'Jan', 'Maes', 'jan@example.net', '+32470000024', '1966-07-01', 3, NULL);
INSERT INTO profile VALUES
    (1, '{"language": "nl", "contact": {"nickname": "Mimi", "phones": ["+32470000021", "+3292000021"]}}'),
    (3, '{"language": "fr", "contact": {"nickname": "Ada", "phones": []}}');
INSERT INTO contract VALUES (11, 1, 1, '2021-03-01', NULL), (12, 1, 2, '2019-01-01', '2020-12-31'), (13, 3, 1, '2022-05-01', NULL);
INSERT INTO meter VALUES (11, 'M-77-0011'), (13, 'M-77-0013');
INSERT INTO meter_reading VALUES (111, 11, '2025-12-31', 4410), (112, 11, '2026-06-30', 5120), (113, 13, '2026-06-30', 900);
INSERT INTO invoice VALUES
    (101, 1, 1, '2014-02-01', 'Mila Peeters', 210.40), (102, 1, 1, '2026-02-01', 'Mila Peeters', 180.00),
    (103, 1, 2, '2013-06-01', 'Mila Peeters', 12.50), (104, 3, 2, '2026-03-01', 'Ada Dubois', 75.10);
INSERT INTO invoice_line VALUES
    (101, 1, 1, 'home of Mila', 200.00), (101, 2, 2, NULL, 10.40), (102, 1, 1, NULL, 180.00), (103, 1, 2, NULL, 12.50), (104, 1, 1, NULL, 75.10);
INSERT INTO bank_account VALUES (21, 1, 'BE68539007547034', 'M. Peeters'), (22, 3, 'BE43068999999501', 'A. Dubois');
INSERT INTO mandate VALUES (31, 21, '2021-03-02', 'Mila Peeters'), (32, 22, '2022-05-02', 'Ada Dubois');
INSERT INTO newsletter VALUES ('Mila@Example.org', '2024-01-01', 'fair'), ('ada@example.net', '2024-01-02', 'fair');
