// Command registers measures the check of payment registers as ratios in one
// run, by the processor's time and by the clock: a CSV register of a million rows against a bare encoding/csv read of
// the same file, an XLSX register of a hundred thousand rows against bare
// streamed reads of the same workbook, and the peak memory of the check. It
// fails when a bar is missed.
//
//	go run ./bench/registers
package main

import (
	"archive/zip"
	"context"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/epgu-cli/epgu/internal/core/registers"
)

const (
	rowsCSV   = 1_000_000
	rowsFew   = 10_000
	rowsXLSX  = 100_000
	rounds    = 5
	timeBar   = 3.0
	xlsxBar   = 1.3
	memoryBar = 64 << 20
	flatBar   = 0.2
	// checkWord makes the program check one file and print its peak memory:
	// it runs itself so, once for each size.
	checkWord = "check-and-tell-memory"
	// runWord makes the program do one piece of work on one file: it runs itself
	// so for every round, and the system counts the processor's time of each.
	runWord = "run"
)

// work is what can be run on a file, by name.
func work(name string) func(string) error {
	switch name {
	case "csv":
		return readCSV
	case "check csv":
		return check(rowsCSV)
	case "tokens":
		return readTokens
	case "excelize":
		return readExcelize
	case "check xlsx":
		return check(rowsXLSX)
	}
	return nil
}

// one does one piece of work.
func one() error {
	f := work(os.Args[2])
	if f == nil {
		return fmt.Errorf("unknown work %q", os.Args[2])
	}
	return f(os.Args[3])
}

func main() {
	run := measure
	switch {
	case len(os.Args) == 3 && os.Args[1] == checkWord:
		run = tellMemory
	case len(os.Args) == 4 && os.Args[1] == runWord:
		run = one
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench/registers:", err)
		os.Exit(1)
	}
}

func measure() error {
	dir, err := os.MkdirTemp("", "epgu-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	million, few, book := filepath.Join(dir, "million.csv"), filepath.Join(dir, "few.csv"), filepath.Join(dir, "book.xlsx")
	for _, g := range []struct {
		name string
		make func(string) error
	}{
		{million, func(n string) error { return writeCSV(n, rowsCSV) }},
		{few, func(n string) error { return writeCSV(n, rowsFew) }},
		{book, func(n string) error { return writeXLSX(n, rowsXLSX) }},
	} {
		if err := g.make(g.name); err != nil {
			return err
		}
	}
	missed := false
	bar := func(ok bool) string {
		missed = missed || !ok
		if ok {
			return "held"
		}
		return "MISSED"
	}

	info, err := os.Stat(million)
	if err != nil {
		return err
	}
	cpu, wall, err := compare(million, "csv", "check csv")
	if err != nil {
		return err
	}
	fmt.Printf("CSV, %d rows, %d MB, %d processors\n", rowsCSV, info.Size()>>20, runtime.GOMAXPROCS(0))
	fmt.Printf("check: %.2f × a bare encoding/csv read that reuses its record (bar %.1f: %s), %.2f × by the clock\n", cpu, timeBar, bar(cpu <= timeBar), wall)

	large, err := memoryOf(million)
	if err != nil {
		return err
	}
	small, err := memoryOf(few)
	if err != nil {
		return err
	}
	spread := float64(large)/float64(small) - 1
	fmt.Printf("peak memory: %.1f MiB (bar %d: %s)\n", float64(large)/(1<<20), memoryBar>>20, bar(large <= memoryBar))
	fmt.Printf("             %.1f MiB at %d rows, so %+.0f %% (bar ±%.0f %%: %s)\n", float64(small)/(1<<20), rowsFew, spread*100, flatBar*100, bar(max(spread, -spread) <= flatBar))

	fmt.Printf("XLSX, %d rows\n", rowsXLSX)
	for _, b := range []struct {
		name, bare string
	}{
		{"a bare encoding/xml read of the sheet's tokens", "tokens"},
		{"a bare streamed read by excelize, raw values", "excelize"},
	} {
		cpu, wall, err := compare(book, b.bare, "check xlsx")
		if err != nil {
			return err
		}
		fmt.Printf("check: %.2f × %s (bar %.1f: %s), %.2f × by the clock\n", cpu, b.name, xlsxBar, bar(cpu <= xlsxBar), wall)
	}
	if missed {
		return errors.New("a bar is missed")
	}
	return nil
}

// compare runs both in turn, each round in a process of its own, and returns the
// ratios of the least processor time and of the least time by the clock. Other
// work of the machine only ever makes a round slower, and the clock much more than
// the processor's time.
func compare(file, bare, ours string) (cpu, wall float64, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, 0, err
	}
	var cpus, walls [2]time.Duration
	for round := range rounds {
		for i, what := range []string{bare, ours} {
			cmd := exec.Command(self, runWord, what, file)
			cmd.Stderr = os.Stderr
			start := time.Now()
			if err := cmd.Run(); err != nil {
				return 0, 0, fmt.Errorf("%s: %w", what, err)
			}
			took, used := time.Since(start), cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()
			if round == 0 || took < walls[i] {
				walls[i] = took
			}
			if round == 0 || used < cpus[i] {
				cpus[i] = used
			}
		}
	}
	return float64(cpus[1]) / float64(cpus[0]), float64(walls[1]) / float64(walls[0]), nil
}

func check(rows int) func(string) error {
	return func(name string) error {
		sum, err := registers.Check(context.Background(), registers.Options{Files: []string{name}, ErrFiles: true}, func(f registers.Finding) error {
			if f.Severity == 0 {
				return fmt.Errorf("line %d, column %d: %s", f.Line, f.Column, f.Code)
			}
			return nil
		})
		if err == nil && sum.Rows != rows {
			err = fmt.Errorf("%d rows", sum.Rows)
		}
		_ = os.Remove(name + ".err")
		return err
	}
}

func readCSV(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.ReuseRecord = ';', true
	for {
		if _, err := r.Read(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func readTokens(name string) error {
	z, err := zip.OpenReader(name)
	if err != nil {
		return err
	}
	defer z.Close()
	for _, part := range []string{"xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"} {
		f, err := z.Open(part)
		if err != nil {
			continue // inline strings only
		}
		d := xml.NewDecoder(f)
		for {
			if _, err := d.RawToken(); err == io.EOF {
				break
			} else if err != nil {
				return err
			}
		}
		f.Close()
	}
	return nil
}

func readExcelize(name string) error {
	f, err := excelize.OpenFile(name, excelize.Options{RawCellValue: true})
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := f.Rows(f.GetSheetName(0))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if _, err := rows.Columns(); err != nil {
			return err
		}
	}
	return rows.Error()
}

// memoryOf checks a file in a process of its own and returns its peak
// resident memory, bytes.
func memoryOf(name string) (int64, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	out, err := exec.Command(self, checkWord, name).Output()
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
}

func tellMemory() error {
	rows := rowsCSV
	if strings.HasPrefix(filepath.Base(os.Args[2]), "few") {
		rows = rowsFew
	}
	if err := check(rows)(os.Args[2]); err != nil {
		return err
	}
	fmt.Println(peak())
	return nil
}

// peak returns what the system counted, or where it does not say, what the
// runtime has taken from it.
func peak() int64 {
	if b, err := os.ReadFile("/proc/self/status"); err == nil {
		for line := range strings.Lines(string(b)) {
			var kb int64
			if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kb); err == nil {
				return kb << 10
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}
