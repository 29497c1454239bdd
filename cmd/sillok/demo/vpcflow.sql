CREATE EXTERNAL TABLE IF NOT EXISTS vpc_flow_logs (
  version int, account_id string, interface_id string, srcaddr string, dstaddr string, srcport int, dstport int,
  protocol bigint, packets bigint, bytes bigint, start bigint, `end` bigint, action string, log_status string)
PARTITIONED BY (`date` date)
ROW FORMAT DELIMITED FIELDS TERMINATED BY ' '
LOCATION 's3://sillok-demo-logs/AWSLogs/111122223333/vpcflowlogs/ap-northeast-2/'
TBLPROPERTIES ('skip.header.line.count' = '1');

ALTER TABLE vpc_flow_logs ADD IF NOT EXISTS PARTITION (`date` = '2026-03-02')
LOCATION 's3://sillok-demo-logs/AWSLogs/111122223333/vpcflowlogs/ap-northeast-2/2026/03/02';

SELECT interface_id, srcaddr, dstaddr, dstport, action, protocol
FROM vpc_flow_logs
WHERE action = 'REJECT' AND date = DATE('2026-03-02')
ORDER BY start, srcport
LIMIT 10
