package emit

// WithRoom returns a configuration with room for so many metrics of a minute, and so many
// values besides their first ones.
func WithRoom(cfg Config, metrics, values int) Config {
	cfg.metrics, cfg.values = metrics, values
	return cfg
}
