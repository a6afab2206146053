// Command bare is a cobra program with one command: what --help costs at least. With
// BENCH_PEAK=self it says what memory it took, with BENCH_PEAK=of it runs the program
// in its arguments and says what that took: the system counts for a child at least
// what the process that starts it has, so the one that starts it must be small.
package main

import (
	"fmt"
	"os"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	switch os.Getenv("BENCH_PEAK") {
	case "of":
		os.Exit(peak(os.Args[1:]))
	case "self":
		defer self()
	}
	root := &cobra.Command{Use: "bare", Short: "nothing", Version: "1"}
	root.AddCommand(&cobra.Command{Use: "version", Short: "print the version", Run: func(*cobra.Command, []string) {}})
	if root.Execute() != nil {
		os.Exit(1)
	}
}

func self() {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		os.Exit(1)
	}
	os.Stderr.Write(status)
}

func peak(args []string) int {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return 1
	}
	p, err := os.StartProcess(args[0], args, &os.ProcAttr{Files: []*os.File{nil, null, null}})
	if err != nil {
		return 1
	}
	state, err := p.Wait()
	if err != nil || !state.Success() {
		return 1
	}
	fmt.Fprintf(os.Stderr, "VmHWM: %d kB\n", state.SysUsage().(*syscall.Rusage).Maxrss)
	return 0
}
