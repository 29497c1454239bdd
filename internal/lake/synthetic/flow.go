package synthetic

import "fmt"

func flowLog() kind {
	return kind{
		key: func(o *object) string {
			return o.key("vpcflowlogs", fmt.Sprintf("vpcflowlogs_%s_fl-0madeup0madeup000_%s_%s.log.gz", o.region, o.stamp(), o.id[:8]))
		},
		begin:  "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n",
		record: flowLine,
	}
}

func flowLine(o *object, b []byte, _ int) []byte {
	start := o.at.Unix() - int64(60+o.below(540))
	eni := o.few(400)
	if o.chance(2) {
		return fmt.Appendf(b, "2 %s eni-0madeup%08d - - - - - - - %d %d - NODATA\n", o.account, eni, start, start+60)
	}
	source, target := fmt.Sprintf("10.0.%d.%d", eni%16, eni%251), fmt.Sprintf("203.0.113.%d", o.few(256))
	if o.chance(10) {
		target = fmt.Sprintf("2001:db8::%x", o.few(4096))
	}
	if o.chance(50) {
		source, target = target, source
	}
	packets, action := 1+o.few(2000), "ACCEPT"
	if o.chance(8) {
		action = "REJECT"
	}
	return fmt.Appendf(b, "2 %s eni-0madeup%08d %s %s %d %d %d %d %d %d %d %s OK\n", o.account, eni, source, target,
		pick(o.dice, []int{443, 80, 22, 3306, 53, 8080}), 1024+o.below(64512), pick(o.dice, []int{6, 17, 1}), packets, packets*(40+o.below(1400)), start, start+60, action)
}
