// Package tui measures the full-screen interface and prints one table with the
// ratios:
//
//	go test ./bench/tui -run Measures -v -rows 1000000 -idle 10s -fzf fzf -hold -timeout 20m
//
// With -hold a bound of time that is passed fails, too; what does not depend on
// how busy the machine is (bytes, wake-ups, memory) always does. Without flags it is
// small and only shows that the measurements work. The baseline of the filter is the
// program fzf on the same lines in the same minute, -fzf says where it is;
// without it that row says so. Bare times are there to read the ratios by.
package tui
