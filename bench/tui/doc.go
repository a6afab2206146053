// Package tui measures the full-screen interface and prints one table of ratios:
//
//	go test ./bench/tui -run Measures -v -rows 1000000 -idle 10s -timeout 20m
//
// Without these numbers it only shows that the measurements still work. The
// baseline of the search is fzf 0.65.2, built from the module proxy, on the same
// lines in the same minute; without it that line of the table says so. Bare times
// are there to read the ratios by.
package tui
