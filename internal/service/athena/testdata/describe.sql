CREATE EXTERNAL TABLE trail (
  id string COMMENT 'who it is',
  identity struct<arn:string,issuer:struct<name:string,ids:array<int>>>,
  tags map<string,array<int>>
) COMMENT 'told' PARTITIONED BY (day string COMMENT 'of delivery', region string)
CLUSTERED BY (id) INTO 4 BUCKETS
ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://logs/trail/' TBLPROPERTIES ('note'='x');
ALTER TABLE trail ADD PARTITION (day='2026-03-01', region='us');
ALTER TABLE trail ADD PARTITION (day='2026-02-01', region='us') PARTITION (day='2026-02-01', region='eu') LOCATION 's3://logs/elsewhere/';
CREATE VIEW seen AS SELECT id, day FROM trail;
DESCRIBE trail;
DESCRIBE d.trail;
DESC `d`.`trail`;
DESCRIBE `d.trail`;
DESCRIBE "d"."trail";
DESCRIBE awsdatacatalog.d.trail;
DESCRIBE EXTENDED trail;
DESCRIBE FORMATTED trail;
DESCRIBE trail PARTITION (day='2026-02-01', region='eu');
DESCRIBE EXTENDED trail PARTITION (day='2026-02-01', region='eu');
DESCRIBE FORMATTED trail PARTITION (region='eu', day='2026-02-01');
DESCRIBE trail PARTITION (day='2026-02-01');
DESCRIBE trail PARTITION (day='2020-02-01', region='eu');
DESCRIBE trail id;
DESCRIBE trail day;
DESCRIBE FORMATTED trail PARTITION (day='2026-02-01', region='eu') identity;
DESCRIBE trail identity.issuer;
DESCRIBE trail identity.issuer.name;
DESCRIBE trail identity.issuer.ids.'$elem$';
DESCRIBE trail tags.'$key$';
DESCRIBE trail tags.'$value$'.'$elem$';
DESCRIBE trail tags.'$elem$';
DESCRIBE trail identity.nobody;
DESCRIBE trail id.x;
DESCRIBE trail nobody;
DESCRIBE nobody;
DESCRIBE seen;
DESCRIBE VIEW seen;
DESCRIBE VIEW d.seen;
DESCRIBE EXTENDED seen;
DESCRIBE FORMATTED seen;
DESCRIBE seen id;
DESCRIBE VIEW trail;
SHOW COLUMNS IN seen;
SHOW COLUMNS FROM trail IN d;
SHOW COLUMNS IN d.trail;
SHOW PARTITIONS trail;
SHOW PARTITIONS d.trail;
SHOW TABLES;
SHOW TABLES 'tr*';
SHOW TABLES IN d 'seen|bare';
SHOW VIEWS;
SHOW VIEWS IN d LIKE 's*';
SHOW VIEWS LIKE 'x*';
SHOW DATABASES LIKE '.*ult';
SHOW TBLPROPERTIES trail('note');
SHOW TBLPROPERTIES seen;
SHOW CREATE TABLE trail;
SHOW CREATE TABLE seen;
SHOW CREATE VIEW seen;
SHOW CREATE VIEW d.seen;
SHOW CREATE VIEW trail;
