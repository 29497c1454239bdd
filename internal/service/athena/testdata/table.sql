CREATE EXTERNAL TABLE IF NOT EXISTS `People` (
  Name string COMMENT 'who it\'s, "really"',
  age int,
  tags array<struct<K:string,v:string>>
)
COMMENT 'those who came'
PARTITIONED BY (day date COMMENT 'of arrival')
ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' ESCAPED BY '\\' LINES TERMINATED BY '\n'
LOCATION 's3://logs/people/'
TBLPROPERTIES ('skip.header.line.count'='0', 'note'='it\'s here');
SHOW CREATE TABLE people;
DESCRIBE people;
DESC d.people;
SHOW COLUMNS IN people;
SHOW COLUMNS FROM people FROM d;
SHOW TBLPROPERTIES people;
SHOW TBLPROPERTIES people('note');
SHOW TBLPROPERTIES people('nothing');
CREATE EXTERNAL TABLE people (a int) LOCATION 's3://logs/x/';
CREATE EXTERNAL TABLE IF NOT EXISTS people (a int) LOCATION 's3://logs/x/';
CREATE TABLE plain (a int) LOCATION 's3://logs/x/';
CREATE TABLE iced (a int) LOCATION 's3://logs/x/' TBLPROPERTIES ('table_type'='ICEBERG');
CREATE EXTERNAL TABLE placeless (a int);
CREATE EXTERNAL TABLE astray (a int) LOCATION 'http://logs/x/';
CREATE EXTERNAL TABLE twice (a int, A string) LOCATION 's3://logs/x/';
CREATE EXTERNAL TABLE odd (a integer32) LOCATION 's3://logs/x/';
CREATE EXTERNAL TABLE nowhere.t (a int) LOCATION 's3://logs/x/';
CREATE EXTERNAL TABLE default.early (a int) STORED AS PARQUET LOCATION 's3://logs/x/';
SHOW TABLES IN default;
CREATE EXTERNAL TABLE matched (a string, b string)
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe'
WITH SERDEPROPERTIES ('serialization.format' = '1', 'input.regex' = '([^ ]*) \"([^\"]*)\"\\.')
LOCATION 's3://logs/m/';
SHOW CREATE TABLE matched;
ALTER TABLE people ADD COLUMNS (city string, age string);
ALTER TABLE people ADD COLUMNS (city string);
ALTER TABLE people CHANGE COLUMN city town varchar(10) COMMENT 'where' FIRST;
ALTER TABLE people CHANGE town town string AFTER age;
ALTER TABLE people CHANGE nobody n string;
DESCRIBE people;
ALTER TABLE people REPLACE COLUMNS (name string);
SHOW COLUMNS IN people;
ALTER TABLE people SET TBLPROPERTIES ('note'='new', 'more'='yes');
SHOW TBLPROPERTIES people;
ALTER TABLE people SET LOCATION 's3://logs/elsewhere/';
ALTER TABLE people SET LOCATION 'elsewhere';
SHOW CREATE TABLE people;
SHOW CREATE TABLE bare;
DESCRIBE bare;
ALTER TABLE bare ADD COLUMNS (a int);
DESCRIBE bare;
DESCRIBE nobody;
DESCRIBE EXTENDED people;
DESCRIBE people PARTITION (day='2026-03-01');
SHOW TABLES;
SHOW TABLES 'p*';
DROP TABLE people;
DROP TABLE people;
DROP TABLE IF EXISTS people;
SHOW TABLES;
CREATE EXTERNAL TABLE orders (id int) STORED AS ORC LOCATION 's3://logs/o/';
CREATE EXTERNAL TABLE grok (line string) ROW FORMAT SERDE 'com.amazonaws.glue.serde.GrokSerDe' WITH SERDEPROPERTIES ('input.format' = '%{GREEDYDATA:line}') LOCATION 's3://logs/g/';
CREATE EXTERNAL TABLE linked (line string) ROW FORMAT DELIMITED STORED AS INPUTFORMAT 'org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat' OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat' LOCATION 's3://logs/l/';
CREATE EXTERNAL TABLE waf (action string, httprequest struct<clientip:string>) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' WITH SERDEPROPERTIES ('paths' = 'action,httpRequest') LOCATION 's3://logs/w/';
CREATE EXTERNAL TABLE csv (a string) ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' LOCATION 's3://logs/c/';
SHOW TABLES;
