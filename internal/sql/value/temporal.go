package value

// Time is a time of day in picoseconds.
type Time struct{ Picos int64 }

// TimeTZ is a time of day in picoseconds, local to an offset in minutes.
type TimeTZ struct {
	Picos         int64
	OffsetMinutes int
}

// Timestamp is microseconds since 1970-01-01T00:00:00 on a wall clock,
// and the picoseconds (0 to 999,999) beyond them.
type Timestamp struct {
	Micros int64
	Picos  int32
}

// TimestampTZ is an instant, in microseconds and further picoseconds since
// 1970-01-01T00:00:00Z, and the zone in which it is shown: "UTC", "+09:00" or a
// name such as "Asia/Seoul".
type TimestampTZ struct {
	Micros int64
	Picos  int32
	Zone   string
}
