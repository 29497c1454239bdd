package lake_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/lake"
)

type summary struct {
	Format   string
	Objects  int
	From, To string
}

func discover(t *testing.T, l *lake.Lake) (*lake.Discovery, []summary) {
	t.Helper()
	t.Helper()
	d, err := l.Discover(t.Context(), []lake.Place{{Bucket: "logs"}})
	if err != nil {
		t.Fatal(err)
	}
	var out []summary
	for _, f := range d.Found {
		s := summary{Format: f.Format, Objects: f.Objects}
		if !f.From.IsZero() {
			s.From, s.To = f.From.Format(time.DateTime), f.To.Format(time.DateTime)
		}
		out = append(out, s)
	}
	return d, out
}

func TestDiscoverByKey(t *testing.T) {
	flowHead := "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n"
	objects := memory{
		"p/AWSLogs/111122223333/CloudTrail/us-east-1/2024/05/01/111122223333_CloudTrail_us-east-1_20240501T0005Z_abc.json.gz":                       "{}",
		"AWSLogs/o-abc123/111122223333/CloudTrail/eu-west-1/2024/05/02/111122223333_CloudTrail_eu-west-1_20240502T0005Z_abc.json.gz":                "{}",
		"AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2024/05/01/111122223333_CloudTrail-Digest_us-east-1_t_us-east-1_20240501T000500Z.json.gz": "{}",
		"AWSLogs/111122223333/CloudTrail-Insight/us-east-1/2024/05/01/111122223333_CloudTrail-Insight_us-east-1_20240501T0005Z_abc.json.gz":         "{}",
		"AWSLogs/111122223333/vpcflowlogs/us-east-1/2024/05/01/111122223333_vpcflowlogs_us-east-1_fl-0123_20240501T0010Z_54b82435.log.gz":           flowHead,
		"AWSLogs/aws-account-id=111122223333/aws-service=vpcflowlogs/aws-region=us-east-1/year=2024/month=05/day=03/hour=04/x.log.gz":               flowHead,
		"AWSLogs/1/x.parquet": "PAR1", "a/table.parquet": parquetFile(t),
		"lb/AWSLogs/111122223333/elasticloadbalancing/us-east-1/2024/05/01/111122223333_elasticloadbalancing_us-east-1_app.shop.50dc_20240501T0105Z_10.0.0.1_c1.log.gz": "x",
		"lb/AWSLogs/111122223333/elasticloadbalancing/us-east-1/2024/05/01/111122223333_elasticloadbalancing_us-east-1_net.shop.50dc_20240501T0105Z_c1.log.gz":          "x",
		"lb/AWSLogs/111122223333/elasticloadbalancing/us-east-1/2024/05/01/111122223333_elasticloadbalancing_us-east-1_classic_20240501T0105Z_10.0.0.1_c1.log":          "x",
		"lb/AWSLogs/111122223333/ELBAccessLogTestFile": "x",
		"lb/AWSLogs/111122223333/elasticloadbalancing/us-east-1/2024/05/01/conn_log_111122223333_elasticloadbalancing_us-east-1_app.s.5_20240501T0105Z_10.0.0.1_c1.log.gz": "x",
		"moved/trail.json":  "{\"Records\":[" + record("A") + "]}",
		"moved/flow.log":    "2 1 eni-1 1.1.1.1 2.2.2.2 1 2 6 1 1 1 1 ACCEPT OK\n",
		"moved/custom.log":  "srcaddr dstaddr action start\n1.1.1.1 2.2.2.2 ACCEPT 1\n",
		"moved/balancer":    albHead + `"GET https://h:443/ HTTP/1.1" "-"` + albMid + albTail + "\n",
		"moved/access":      strings.Repeat("a", 64) + ` bucket [16/Feb/2019:11:23:45 +0000] 192.0.2.132 - 3E57 REST.GET.OBJECT a/b "GET /a/b HTTP/1.1" 200 - 7 7 7 - "-" "curl" -` + "\n",
		"moved/network.log": `tls 2.0 2020-04-01T08:51:42 net/n/c6 g3 72.21.218.154:51341 172.100.100.185:443 5 2 98 246 - arn - E tlsv12 - d h2 h2 "h2","http/1.1" 2020-04-01T08:51:20` + "\n",
		"moved/classic.log": `2015-05-13T23:39:43.945958Z lb 192.168.131.39:2817 10.0.0.1:80 0.000086 0.001048 0.001337 200 200 0 57 "GET https://h:443/ HTTP/1.1" "curl/7.38.0" D TLSv1.2` + "\n",
		"notes.txt":         "hello\n", "empty.json": "", ".DS_Store": "x", "config.json": `{"a":1}`,
	}
	d, got := discover(t, open(t, objects))
	want := []summary{
		{"alb", 2, "2024-05-01 01:05:00", "2024-05-01 01:05:00"},
		{"alb_connection", 1, "2024-05-01 01:05:00", "2024-05-01 01:05:00"},
		{"clb", 2, "2024-05-01 01:05:00", "2024-05-01 01:05:00"},
		{"cloudtrail", 4, "2024-05-01 00:05:00", "2024-05-02 00:05:00"},
		{"nlb", 2, "2024-05-01 01:05:00", "2024-05-01 01:05:00"},
		{"s3_access", 1, "", ""},
		{"vpc_flow", 4, "2024-05-01 00:10:00", "2024-05-03 23:59:59"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	reasons := map[string]string{}
	for _, s := range d.Skipped {
		reasons[s.Object.Key[strings.LastIndexByte(s.Object.Key, '/')+1:]] = s.Reason
	}
	wantReasons := map[string]string{
		"111122223333_CloudTrail-Digest_us-east-1_t_us-east-1_20240501T000500Z.json.gz": "a CloudTrail digest, not a log",
		"ELBAccessLogTestFile": "a test file of a load balancer", "x.parquet": "not a Parquet file that can be read: it is too short", "table.parquet": "Parquet: a table needs a DDL to read it",
		"notes.txt": "not a log that is known", "config.json": "not a log that is known", "empty.json": "empty",
		".DS_Store": "hidden: its name begins with a dot or an underscore",
	}
	if diff := cmp.Diff(wantReasons, reasons); diff != "" {
		t.Error(diff)
	}
}

func TestDiscoveredTables(t *testing.T) {
	l := open(t, folder(material.TruthLogs(t)))
	d, got := discover(t, l)
	want := []summary{
		{"alb", 12, "2024-05-01 01:05:00", "2024-05-03 19:05:00"}, {"vpc_flow", 24, "2024-05-01 00:10:00", "2024-05-04 23:10:00"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	filter := &where{equal: map[string][]string{"date": {"2024-05-02"}}}
	for i, rows := range []int64{1200, 2400} {
		scan, files := load(t, l, d.Found[i].Table, filter)
		if files.Stats.Rows != rows || len(scan.Parts) != 1 {
			t.Errorf("%s: %+v", scan.Format, files.Stats)
		}
		if diff := cmp.Diff([]string{"111122223333", "ap-northeast-2", "2024-05-02"}, files.Groups[0].Files[0].Values); diff != "" {
			t.Error(diff)
		}
	}
	alb := d.Found[0].Table
	_, files := load(t, l, alb, nil)
	all := rows(t, files)
	if n := count(all, column(alb, "unparsed")); n["NULL|"] != 3576 || n["broken line 7|"] != 12 {
		t.Errorf("unparsed: %v", n)
	}
	if n := len(files.Groups[0].Files[0].Problems); n != 2 || files.Groups[0].Files[0].Problems[0].Line != 8 {
		t.Errorf("problems: %+v", files.Groups[0].Files[0].Problems)
	}
}

func TestFlowLogsAreReadByTheirHeader(t *testing.T) {
	every := strings.Join(strings.Fields("version vpc-id subnet-id instance-id interface-id account-id type srcaddr dstaddr srcport dstport pkt-srcaddr pkt-dstaddr protocol bytes packets start end action tcp-flags log-status region az-id sublocation-type sublocation-id pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path ecs-cluster-arn ecs-cluster-name ecs-container-instance-arn ecs-container-instance-id ecs-container-id ecs-second-container-id ecs-service-name ecs-task-definition-arn ecs-task-arn ecs-task-id reject-reason"), " ")
	for _, tt := range []struct {
		name, body string
		want       [][]string // srcaddr dstaddr srcport bytes action log_region
		bad        int64
		note       string
	}{
		{
			name: "another order", body: "bytes action srcaddr srcport dstaddr\n7 ACCEPT 1.1.1.1 80 2.2.2.2\n",
			want: [][]string{{"1.1.1.1", "2.2.2.2", "80", "7", "ACCEPT", "NULL"}},
		},
		{
			name: "the header again in the middle", body: "version srcaddr bytes\n2 1.1.1.1 7\nversion srcaddr bytes\n2 2.2.2.2 8\n",
			want: [][]string{{"1.1.1.1", "NULL", "NULL", "7", "NULL", "NULL"}, {"2.2.2.2", "NULL", "NULL", "8", "NULL", "NULL"}},
		},
		{
			name: "another header in the middle", body: "version srcaddr bytes\n2 1.1.1.1 7\naction version srcport\nREJECT 5 99\n",
			want: [][]string{{"1.1.1.1", "NULL", "NULL", "7", "NULL", "NULL"}, {"NULL", "NULL", "99", "NULL", "REJECT", "NULL"}},
		},
		{
			name: "40 fields", body: every + "\n7 v s i e a IPv6 2001:db8::1 2001:db8::2 80 81 - - 6 9 8 7 6 ACCEPT 3 OK us-east-1" + strings.Repeat(" -", 18) + "\n",
			want: [][]string{{"2001:db8::1", "2001:db8::2", "80", "9", "ACCEPT", "us-east-1"}},
		},
		{
			name: "no header", body: "2 1 eni-1 1.1.1.1 2.2.2.2 80 2 6 1 7 1 1 ACCEPT OK\n",
			want: [][]string{{"1.1.1.1", "2.2.2.2", "80", "7", "ACCEPT", "NULL"}},
		},
		{
			name: "no data", body: "2 1 eni-1 - - - - - - - 1 1 - NODATA\n",
			want: [][]string{{"-", "-", "-", "-", "-", "NULL"}},
		},
		{
			name: "a line with too few fields", body: "version srcaddr bytes\n2 1.1.1.1\n\n2 1.1.1.1 7\n", bad: 1,
			want: [][]string{{"NULL", "NULL", "NULL", "NULL", "NULL", "NULL"}, {"1.1.1.1", "NULL", "NULL", "7", "NULL", "NULL"}},
		},
		{
			name: "a field of the future", body: "version srcaddr mood\n2 1.1.1.1 good\n", note: "the field mood is not known; it is a column of text",
			want: [][]string{{"1.1.1.1", "NULL", "NULL", "NULL", "NULL", "NULL"}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := open(t, memory{"111122223333_vpcflowlogs_us-east-1_fl-0123_20240501T0010Z_54b82435.log": tt.body})
			d, _ := discover(t, l)
			table := d.Found[0].Table
			_, files := load(t, l, table, nil)
			var got [][]string
			for _, row := range rows(t, files) {
				var picked []string
				for _, name := range []string{"srcaddr", "dstaddr", "srcport", "bytes", "action", "log_region"} {
					picked = append(picked, row[column(table, name)])
				}
				got = append(got, picked)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if f := files.Groups[0].Files[0]; f.Bad != tt.bad || f.Note != tt.note {
				t.Errorf("bad %d, note %q", f.Bad, f.Note)
			}
		})
	}
}

// Every recorded log of the three kinds is recognised, and all its lines parse.
func TestRecordedLogsAreRecognised(t *testing.T) {
	data := material.Data(t)
	for _, tt := range []struct {
		dir, format string
		rows        int64
	}{
		{"cloudtrail/invictus-ir_aws_dataset/s3", "cloudtrail", 2900},
		{"vpcflow/criblpacks_vpc-flow/s3", "vpc_flow", 99},
		{"vpcflow/asecurityteam_go-vpcflow/extracted", "vpc_flow", 0},
		{"elb/jSherz_alb-logs-parser/raw", "alb", 0},
		{"elb/ozantunca_elb-log-analyzer/raw", "clb", 0},
	} {
		t.Run(tt.dir, func(t *testing.T) {
			l := open(t, folder(filepath.Join(data, tt.dir)))
			d, all := discover(t, l)
			for i, f := range d.Found {
				_, files := load(t, l, f.Table, nil)
				if files.Stats.Bad > 0 && !strings.Contains(tt.dir, "ozantunca") {
					t.Errorf("%s: %+v %+v", all[i].Format, files.Stats, files.Groups[0].Files[0].Problems)
				}
				if f.Format == tt.format && tt.rows > 0 && files.Stats.Rows != tt.rows {
					t.Errorf("%s: %+v", f.Format, files.Stats)
				}
			}
			if len(d.Found) == 0 || d.Found[0].Format != tt.format && len(d.Found) == 1 {
				t.Errorf("found %+v", all)
			}
		})
	}
}
