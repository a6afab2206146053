//go:build unix

package bulkpay

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/requisites"
)

// writeRegister writes a register of charges in which nothing is wrong.
func writeRegister(t testing.TB, path string, rows int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "УИН;Сумма, руб.;Получатель;ИНН получателя;КПП получателя;Счёт получателя;БИК получателя;Корр. счёт;КБК;ОКТМО;Назначение платежа;101;107;108;109")
	for i := range rows {
		fmt.Fprintf(w, "%s;%d,00;УФК по г. Москве (Учебное управление);7730176610;773001001;03100643000000017300;004525988;40102810545370000003;18811601121010001140;45382000;Административный штраф, строка %d;24;0;0;0\n",
			withKey("188"+fmt.Sprintf("%016d", i*7)), 500+i%100, i+1)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// withKey appends the digit that makes an УИН pass.
func withKey(prefix string) string {
	for d := range 10 {
		if s := prefix + strconv.Itoa(d); requisites.Valid(requisites.KindUIN, s) {
			return s
		}
	}
	return prefix
}

// Planning without a portal, by the programme itself.
func TestRatioOfPlanning(t *testing.T) {
	s := &server{home: t.TempDir(), exe: programme(t)}
	dir := t.TempDir()
	measure := func(n int) (peak int64) {
		register := filepath.Join(dir, fmt.Sprint(n, ".csv"))
		writeRegister(t, register, n)
		c := s.command("batch", "plan", register, "-o", filepath.Join(dir, fmt.Sprint(n, ".plan")), "--offline", "--payer", "7707083893")
		began := time.Now()
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		took := time.Since(began)
		u, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
		if !ok {
			t.Fatal("the system does not tell what a process has used")
		}
		peak = u.Maxrss << 10
		t.Logf("%d rows planned in %v: %.0f rows/s, %.1f µs of processor each; peak %.1f MiB", n, took.Round(time.Millisecond), perSecond(n, took),
			float64((c.ProcessState.UserTime()+c.ProcessState.SystemTime()).Microseconds())/float64(n), float64(peak)/(1<<20))
		return peak
	}
	a, b := measure(*small), measure(*large)
	t.Logf("peak memory at %d rows is %.2f of that at %d", *large, float64(b)/float64(a), *small)
}
