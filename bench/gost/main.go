// Command gost measures the GOST packages against OpenSSL's engine and against
// the math/big reference of the tests, in the same run on the same machine,
// and prints ratios: above 1 means faster than what it is held against. Run it
// from the root of the repository:
//
//	go run ./bench/gost
//
// What is not installed is skipped with the reason. With -check the exit code
// is 1 if a ratio misses its bar.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/keyfile"
	"github.com/epgu-cli/epgu/internal/gost/streebog"
)

const engineConfig = `openssl_conf = openssl_def
[openssl_def]
engines = engine_section
[engine_section]
gost = gost_section
[gost_section]
engine_id = gost
default_algorithms = ALL
`

// rounds is how often each pair is measured, ours and theirs in turn; the best
// of each counts, so that a busy neighbour on the machine spoils neither.
const rounds = 5

func main() {
	check := flag.Bool("check", false, "exit 1 if a ratio misses its bar")
	hash := flag.String("hash", "", "only print the Streebog-256 digest of a `file` (the measured half of a comparison)")
	flag.Parse()
	if *hash != "" {
		if err := printHash(*hash); err != nil {
			fmt.Fprintln(os.Stderr, "bench/gost:", err)
			os.Exit(2)
		}
		return
	}
	b := &bench{}
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench/gost:", err)
		os.Exit(2)
	}
	if *check && b.missed > 0 {
		os.Exit(1)
	}
}

func printHash(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	h := streebog.New256()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	_, err = fmt.Printf("%x\n", h.Sum(nil))
	return err
}

type bench struct {
	dir    string
	engine bool
	missed int
}

func (b *bench) run() error {
	var err error
	if b.dir, err = os.MkdirTemp("", "epgu-bench-gost-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.dir) }()
	if err := os.WriteFile(filepath.Join(b.dir, "openssl.cnf"), []byte(engineConfig), 0o600); err != nil {
		return err
	}
	if out, err := b.openssl("dgst", "-md_gost12_256", "openssl.cnf").CombinedOutput(); err != nil {
		fmt.Printf("skipped: comparisons with OpenSSL: no openssl with a GOST engine here (%s)\n", firstLine(out, err))
	} else {
		b.engine = true
	}
	for _, step := range []func() error{b.hashing, b.engineLoop, b.reference, b.files} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// report prints one ratio. over says that more is better.
func (b *bench) report(what string, ratio, bar float64, over bool, detail string) {
	met := ratio >= bar
	sign := "≥"
	if !over {
		met, sign = ratio <= bar, "≤"
	}
	word := "ok"
	if !met {
		word = "MISSED"
		b.missed++
	}
	fmt.Printf("%-52s %6.2f  bar %s %.2f  %-6s  %s\n", what, ratio, sign, bar, word, detail)
}

func (b *bench) openssl(args ...string) *exec.Cmd {
	cmd := exec.Command("openssl", args...)
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), "OPENSSL_CONF="+filepath.Join(b.dir, "openssl.cnf"))
	return cmd
}

func firstLine(out []byte, err error) string {
	line, _, _ := strings.Cut(string(bytes.TrimSpace(out)), "\n")
	if line == "" {
		return err.Error()
	}
	return line
}

// timed returns how long f takes.
func timed(f func() error) (time.Duration, error) {
	start := time.Now()
	err := f()
	return time.Since(start), err
}

// hashing compares Streebog-256 over 64 MiB with openssl dgst.
func (b *bench) hashing() error {
	if !b.engine {
		return nil
	}
	const size = 64 << 20
	data := bytes.Repeat([]byte("0123456789abcde\n"), size/16)
	if err := os.WriteFile(filepath.Join(b.dir, "data"), data, 0o600); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	// Both as processes that read the file, by the processor time they took:
	// a busy machine stretches the wall clock, and not of both alike.
	var ours, theirs []time.Duration
	for range rounds {
		for _, m := range []struct {
			to  *[]time.Duration
			cmd *exec.Cmd
		}{{&ours, exec.Command(self, "-hash", filepath.Join(b.dir, "data"))}, {&theirs, b.openssl("dgst", "-md_gost12_256", "data")}} {
			if err := m.cmd.Run(); err != nil {
				return err
			}
			*m.to = append(*m.to, m.cmd.ProcessState.UserTime()+m.cmd.ProcessState.SystemTime())
		}
	}
	o, t := slices.Min(ours), slices.Min(theirs)
	b.report("Streebog-256, 64 MiB, against openssl dgst", t.Seconds()/o.Seconds(), 0.8, true,
		fmt.Sprintf("%.0f and %.0f MB/s", size/o.Seconds()/1e6, size/t.Seconds()/1e6))
	return nil
}

// engineLoop compares signing and verifying with loops through the engine's
// library call; it needs a C compiler and OpenSSL's headers.
func (b *bench) engineLoop() error {
	if !b.engine {
		return nil
	}
	binary := filepath.Join(b.dir, "engine")
	if out, err := exec.Command("cc", "-O2", "-o", binary, filepath.Join("bench", "gost", "engine", "engine.c"), "-lcrypto").CombinedOutput(); err != nil {
		fmt.Printf("skipped: sign and verify against the engine: engine.c does not compile here (needs cc and libssl-dev): %s\n", firstLine(out, err))
		return nil
	}
	for _, c := range gost3410.Curves() {
		// Several names share one set of numbers.
		if slices.Contains([]string{"XA", "XB", "TCB", "TCC", "TCD"}, c.Name()) {
			continue
		}
		bar := 1.0
		if c.Size() == 64 {
			bar = 0.5 // the bar of the project is for 256 bits
		}
		key, err := gost3410.GenerateKey(c, nil)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(b.dir, "key.pem"), keyfile.MarshalPEM(key), 0o600); err != nil {
			return err
		}
		var ourSign, ourVerify, theirSign, theirVerify float64
		for range rounds {
			s, v, err := ourLoop(key)
			if err != nil {
				return err
			}
			ourSign, ourVerify = max(ourSign, s), max(ourVerify, v)
			cmd := exec.Command(binary, filepath.Join(b.dir, "key.pem"), "0.3")
			cmd.Env = append(os.Environ(), "OPENSSL_CONF="+filepath.Join(b.dir, "openssl.cnf"))
			out, err := cmd.Output()
			if err != nil {
				return fmt.Errorf("engine loop: %w", err)
			}
			if _, err := fmt.Sscanf(string(out), "sign %f\nverify %f", &s, &v); err != nil {
				return fmt.Errorf("engine loop printed %q", out)
			}
			theirSign, theirVerify = max(theirSign, s), max(theirVerify, v)
		}
		name := fmt.Sprintf("%d bits, curve %s", 8*c.Size(), c.Name())
		b.report("sign, "+name+", against the engine", ourSign/theirSign, bar, true, fmt.Sprintf("%.0f and %.0f a second", ourSign, theirSign))
		b.report("verify, "+name+", against the engine", ourVerify/theirVerify, bar, true, fmt.Sprintf("%.0f and %.0f a second", ourVerify, theirVerify))
	}
	return nil
}

// ourLoop returns operations a second, like engine.c: the best of slices that
// are short enough to fall between a busy machine's other work.
func ourLoop(key *gost3410.PrivateKey) (signs, verifies float64, err error) {
	digest := bytes.Repeat([]byte{7}, key.Curve().Size())
	sig, err := key.Sign(rand.Reader, digest, nil)
	if err != nil {
		return 0, 0, err
	}
	public := key.PublicKey()
	if !public.Verify(digest, sig) {
		return 0, 0, errors.New("our own signature is refused")
	}
	signs = bestRate(func() { sig, err = key.Sign(rand.Reader, digest, nil) })
	if err != nil {
		return 0, 0, err
	}
	holds := true
	verifies = bestRate(func() { holds = public.Verify(digest, sig) && holds })
	if !holds {
		return 0, 0, errors.New("our own signature is refused")
	}
	return signs, verifies, nil
}

// bestRate runs f for a while and returns its best rate, operations a second.
func bestRate(f func()) (best float64) {
	const span, slice = 300 * time.Millisecond, 5 * time.Millisecond
	for start := time.Now(); time.Since(start) < span; {
		n, from := 0, time.Now()
		for time.Since(from) < slice {
			f()
			n++
		}
		best = max(best, float64(n)/time.Since(from).Seconds())
	}
	return best
}

// reference compares with the math/big implementation that the tests hold.
func (b *bench) reference() error {
	var out []byte
	for _, pattern := range []string{"^(BenchmarkSign|BenchmarkVerify)$/^A$", "^(BenchmarkReferenceSign|BenchmarkReferenceVerify)$"} {
		part, err := exec.Command("go", "test", "./internal/gost/gost3410", "-run", "xxx", "-benchtime", "0.3s", "-count", "3", "-bench", pattern).CombinedOutput()
		if err != nil {
			return fmt.Errorf("benchmarks of gost3410: %w\n%s", err, part)
		}
		out = append(out, part...)
	}
	line := regexp.MustCompile(`(?m)^Benchmark(\w+)(?:/A)?(?:-\d+)?\s+\d+\s+([\d.]+) ns/op`)
	best := map[string]float64{}
	for _, m := range line.FindAllStringSubmatch(string(out), -1) {
		ns, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return err
		}
		if old, ok := best[m[1]]; !ok || ns < old {
			best[m[1]] = ns
		}
	}
	for _, what := range []string{"Sign", "Verify"} {
		ours, theirs := best[what], best["Reference"+what]
		if ours == 0 || theirs == 0 {
			return fmt.Errorf("no figures for %s in:\n%s", what, out)
		}
		b.report(strings.ToLower(what)+", 256 bits, against math/big", theirs/ours, 10, true, fmt.Sprintf("%.0f and %.0f µs", ours/1e3, theirs/1e3))
	}
	return nil
}

// files signs a thousand files of 100 kB with one opened key.
func (b *bench) files() error {
	const count, size = 1000, 100_000
	key, err := gost3410.GenerateKey(gost3410.Default256(), nil)
	if err != nil {
		return err
	}
	now := time.Now()
	c, err := cert.CreateSelfSigned(nil, &cert.Template{Subject: cert.Name{CommonName: "Bench"}, NotBefore: now, NotAfter: now.AddDate(1, 0, 0)}, key)
	if err != nil {
		return err
	}
	signer, err := cms.NewKeySigner(c, key)
	if err != nil {
		return err
	}
	names := make([]string, count)
	for i := range names {
		names[i] = filepath.Join(b.dir, fmt.Sprintf("file%04d", i))
		if err := os.WriteFile(names[i], bytes.Repeat([]byte{byte(i)}, size), 0o600); err != nil {
			return err
		}
	}
	one := func(name string) error {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		der, err := cms.SignDetached(context.Background(), f, &cms.Options{Time: now}, signer)
		if err != nil {
			return err
		}
		return os.WriteFile(name+".sig", der, 0o600)
	}
	// Alone: each file is read and hashed, and a digest is signed; no CMS, no
	// attributes, nothing written.
	digest := make([]byte, 32)
	alone := func(name string) error {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		streebog.Sum256(data)
		_, err = key.Sign(rand.Reader, digest, nil)
		return err
	}
	// The best time of each file over the rounds, summed: a file is short
	// enough to fall between a busy machine's other work.
	bare, single := make([]time.Duration, count), make([]time.Duration, count)
	for round := range rounds {
		for i, name := range names {
			for _, m := range []struct {
				best []time.Duration
				f    func(string) error
			}{{bare, alone}, {single, one}} {
				t, err := timed(func() error { return m.f(name) })
				if err != nil {
					return err
				}
				if round == 0 || t < m.best[i] {
					m.best[i] = t
				}
			}
		}
	}
	base, full := sum(bare), sum(single)
	b.report("1,000 files of 100 kB, against hashing and signing", full.Seconds()/base.Seconds(), 1.2, false, fmt.Sprintf("%d and %d ms", full.Milliseconds(), base.Milliseconds()))
	if runtime.NumCPU() < 2 {
		fmt.Println("skipped: two cores against one: this machine has one")
		return nil
	}
	// Two cores help nobody while others hold them: bare hashing tells.
	data := make([]byte, size)
	hashing := func(string) error { streebog.Sum256(data); return nil }
	gain := func(f func(string) error) (float64, error) {
		var single, double []time.Duration
		for range rounds {
			for workers, to := range []*[]time.Duration{&single, &double} {
				t, err := timed(func() error { return each(names, workers+1, f) })
				if err != nil {
					return 0, err
				}
				*to = append(*to, t)
			}
		}
		return slices.Min(double).Seconds() / slices.Min(single).Seconds(), nil
	}
	bareGain, err := gain(hashing)
	if err != nil {
		return err
	}
	if bareGain > 0.6 {
		fmt.Printf("skipped: two cores against one: the machine is busy, bare hashing takes %.2f of one core's time on two\n", bareGain)
		return nil
	}
	ours, err := gain(one)
	if err != nil {
		return err
	}
	b.report("1,000 files of 100 kB, two cores against one", ours, 0.65, false, fmt.Sprintf("bare hashing: %.2f", bareGain))
	return nil
}

// each runs f over names by several workers.
func each(names []string, workers int, f func(string) error) error {
	work := make(chan string)
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for name := range work {
				errs[w] = errors.Join(errs[w], f(name))
			}
		})
	}
	for _, name := range names {
		work <- name
	}
	close(work)
	wg.Wait()
	return errors.Join(errs...)
}

func sum(all []time.Duration) (total time.Duration) {
	for _, t := range all {
		total += t
	}
	return total
}
