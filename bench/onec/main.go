// Command onec measures reading a 100 MB 1C exchange file, as a ratio to a
// bare scan of its lines in the same process, and the memory that reading
// takes. It fails when a bar is missed.
//
//	go run ./bench/onec
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/payfile/onec"
	"github.com/epgu-cli/epgu/internal/requisites"
)

const (
	size      = 100 << 20 // bytes of the file
	rounds    = 5
	timeBar   = 3.0
	memoryBar = 32 << 20
)

func main() {
	var err error
	if len(os.Args) == 3 && os.Args[1] == memoryOf {
		err = readAlone(os.Args[2])
	} else {
		err = run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/onec:", err)
		os.Exit(1)
	}
}

func run() error {
	dir, err := os.MkdirTemp("", "epgu-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "orders.txt")
	if err := generate(name); err != nil {
		return err
	}
	var bare, read, checked []time.Duration
	var lines, docs int
	for range rounds {
		var t time.Duration
		if t, lines, err = timed(name, scan); err != nil {
			return err
		}
		bare = append(bare, t)
		if t, docs, err = timed(name, func(r io.Reader) (int, error) { return documents(r, false) }); err != nil {
			return err
		}
		read = append(read, t)
		if t, _, err = timed(name, func(r io.Reader) (int, error) { return documents(r, true) }); err != nil {
			return err
		}
		checked = append(checked, t)
	}
	memory, err := memoryAlone(name)
	if err != nil {
		return err
	}
	base := median(bare)
	ratio := median(read) / base
	fmt.Printf("%d MB, %d lines, %d documents\n", size>>20, lines, docs)
	fmt.Printf("read every document:            %.2f × a bare scan of the lines (bar %.0f)\n", ratio, timeBar)
	fmt.Printf("read and check every requisite: %.2f × a bare scan of the lines\n", median(checked)/base)
	fmt.Printf("memory taken from the system:   %.1f MiB (bar %d)\n", float64(memory)/(1<<20), memoryBar>>20)
	if ratio > timeBar || memory > memoryBar {
		return errors.New("the bar is missed")
	}
	return nil
}

// memoryOf is the argument with which the program reads one file and prints
// the memory that it took, in a process that has done nothing else.
const memoryOf = "memory-of"

func memoryAlone(name string) (uint64, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	out, err := exec.Command(self, memoryOf, name).Output()
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(strings.TrimSpace(string(out)), 10, 64)
}

func readAlone(name string) error {
	if _, _, err := timed(name, func(r io.Reader) (int, error) { return documents(r, true) }); err != nil {
		return err
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Println(m.Sys)
	return nil
}

func median(d []time.Duration) float64 {
	slices.Sort(d)
	return float64(d[len(d)/2])
}

func timed(name string, f func(io.Reader) (int, error)) (time.Duration, int, error) {
	file, err := os.Open(name)
	if err != nil {
		return 0, 0, err
	}
	defer file.Close()
	start := time.Now()
	n, err := f(file)
	return time.Since(start), n, err
}

func scan(r io.Reader) (n int, err error) {
	s := bufio.NewScanner(r)
	for s.Scan() {
		n++
	}
	return n, s.Err()
}

func documents(r io.Reader, check bool) (n int, err error) {
	rd := onec.NewReader(r)
	var d onec.Document
	for {
		if err := rd.Next(&d); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return n, err
		}
		n++
		if !check {
			continue
		}
		if f := d.Check(); f != nil {
			return n, fmt.Errorf("document %d: %s %s", n, f[0].Field, f[0].Code)
		}
	}
	if f := rd.Faults(); f != nil {
		return n, fmt.Errorf("line %d: %s", f[0].Line, f[0].Code)
	}
	return n, nil
}

// generate writes orders of a made-up company until the file is large enough.
func generate(name string) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	c := &counter{w: f}
	w := onec.NewWriter(c, onec.WriteOptions{Sender: "bench", Created: day, From: day, To: day})
	for i := 1; c.n < size; i++ {
		uin, err := requisites.MakeUIN(fmt.Sprintf("188101771703%07d", i))
		if err != nil {
			return err
		}
		o := onec.Order{
			Number: fmt.Sprint(i), Date: day, Kopecks: int64(i) * 100, UIN: string(uin),
			Purpose: fmt.Sprintf("Государственная пошлина за совершение действий, связанных с регистрацией транспортных средств, заявление %d", i),
			Payer: onec.Party{Name: "ООО «Три кита»", INN: "7707083893", KPP: "773001001", Account: "40702810138250123017",
				Bank: "ПАО СБЕРБАНК", BankPlace: "г Москва", BIK: "044525225", CorrAccount: "30101810400000000225"},
			Payee: onec.Party{Name: "УФК по г. Москве (УГИБДД)", INN: "7730176610", KPP: "773001001", Account: "03100643000000017300",
				Bank: "ГУ БАНКА РОССИИ ПО ЦФО//УФК по г. Москве", BankPlace: "г Москва", BIK: "004525988", CorrAccount: "40102810545370000003"},
			Budget: &onec.Budget{DrawerStatus: "08", KBK: "18810807141011000110", OKTMO: "45328000", Basis: "0", TaxPeriod: "0", DocNo: "0", DocDate: "0", PaymentType: "0"},
		}
		if err := w.Write(o.Document()); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return f.Close()
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
