package main

// glueStatistics lets statistics of columns leave out numbers, as AWS does: a
// number that the client leaves out is zero there. Trino sends no average of the
// lengths of a column that is NULL in every row.
func glueStatistics(m *model) {
	for _, data := range []string{
		"BooleanColumnStatisticsData", "DateColumnStatisticsData", "DecimalColumnStatisticsData", "DoubleColumnStatisticsData",
		"LongColumnStatisticsData", "StringColumnStatisticsData", "BinaryColumnStatisticsData",
	} {
		m.Shapes[data].Required = nil
	}
}
