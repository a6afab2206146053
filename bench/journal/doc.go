// Package journal measures the journal against baselines run in the same process:
//
//	go test -run '^$' -bench . -benchtime 1x ./bench/journal
//	EPGU_BENCH_ROWS=1000000 go test -run '^$' -bench Million -benchtime 1x ./bench/journal
//
// Every benchmark prints ratios; bare times are only there to read them by.
package journal
