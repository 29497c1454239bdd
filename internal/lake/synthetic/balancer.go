package synthetic

import (
	"fmt"
	"time"
)

func balancer() kind {
	return kind{
		key: func(o *object) string {
			return o.key("elasticloadbalancing", fmt.Sprintf("elasticloadbalancing_%s_app.made-up.0123456789abcdef_%s_192.0.2.%d_%s.log.gz", o.region, o.stamp(), len(o.id), o.id[:8]))
		},
		record: requestLine,
	}
}

var browsers = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
	"curl/8.5.0", "made-up-probe/1.0", `made \x22up\x22 agent`,
}

func requestLine(o *object, b []byte, _ int) []byte {
	at := o.at.Add(-time.Duration(o.below(300_000)) * time.Millisecond)
	status := pick(o.dice, []int{200, 200, 200, 304, 404, 302, 502})
	target := fmt.Sprintf("10.0.%d.%d:8080", o.few(8), o.few(60))
	group := fmt.Sprintf("arn:aws:elasticloadbalancing:%s:%s:targetgroup/made-up/%016d", o.region, o.account, o.few(3))
	stamp := at.Format("2006-01-02T15:04:05.000000Z")
	return fmt.Appendf(b, "https %s app/made-up/0123456789abcdef 198.51.100.%d:%d %s 0.000 0.%03d 0.000 %d %d %d %d \"GET https://made-up.example:443/%s/%d?page=%d HTTP/2.0\" \"%s\" TLS_AES_128_GCM_SHA256 TLSv1.3 %s \"Root=1-%s-%s\" \"made-up.example\" \"session-reused\" %d %s \"forward\" \"-\" \"-\" \"%s\" \"%d\" \"-\" \"-\" TID_%s\n",
		stamp, o.few(256), 1024+o.below(64512), target, o.few(1000), status, status, 100+o.below(900), o.few(60000),
		pick(o.dice, []string{"items", "users", "search", "cart"}), o.below(5000), o.few(20), pick(o.dice, browsers), group,
		o.hex(8), o.hex(24), o.few(5), stamp, target, status, o.hex(32))
}
