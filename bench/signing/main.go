// Command signing measures signing many files with one PIN against the sum of
// its parts in the same run on the same machine, and prints ratios. Run it from
// the root of the repository:
//
//	go run ./bench/signing
//
// The parts are what cannot be left out: Streebog over the contents in memory,
// and one signature over a short message for each file. With -check the exit
// code is 1 if a ratio misses its bar.
package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/signing"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/streebog"
)

// The measure: a thousand files of 100 kB under one PIN.
const (
	files = 1000
	size  = 100_000
	slice = 25 // files that are measured together
)

// The bars.
const (
	overhead = 1.2  // of the sum of hashing and signing alone, on one core
	scaling  = 0.65 // of one core, on two
)

const pin = "bench-pin"

func main() {
	check := flag.Bool("check", false, "exit 1 if a ratio misses its bar")
	rounds := flag.Int("rounds", 15, "how often each part is measured; the best counts")
	flag.Parse()
	missed, err := run(context.Background(), *rounds)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/signing:", err)
		os.Exit(2)
	}
	if *check && missed > 0 {
		os.Exit(1)
	}
}

func run(ctx context.Context, rounds int) (missed int, err error) {
	dir, err := os.MkdirTemp("", "epgu-bench-signing-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	paths, contents, err := prepare(dir)
	if err != nil {
		return 0, err
	}
	store := &signing.Store{Dir: filepath.Join(dir, "certificates"), Clock: clock.System{}}
	now := time.Now()
	if _, err := store.New(signing.NewOptions{Name: "bench", Subject: cert.Name{CommonName: "Bench"}, PIN: []byte(pin), From: now.Add(-time.Hour), Until: now.Add(time.Hour)}); err != nil {
		return 0, err
	}
	key, err := gost3410.GenerateKey(gost3410.Default256(), nil)
	if err != nil {
		return 0, err
	}
	var signer *signing.Signer
	var opening time.Duration
	for range rounds {
		best(&opening, func() (err error) {
			signer, err = store.Open(ctx, "bench", "", func(context.Context, string) ([]byte, error) { return []byte(pin), nil })
			return err
		}, &err)
	}
	// Small slices, all parts of each in turn, the best of each: what else runs
	// on the machine then hardly counts.
	var hash, sign, one, two time.Duration
	for from := 0; from < files && err == nil; from += slice {
		some, inside := paths[from:from+slice], contents[from:from+slice]
		var h, s, a, b time.Duration
		for range rounds {
			runtime.GOMAXPROCS(1)
			best(&h, func() error { return hashing(inside) }, &err)
			best(&s, func() error { return signatures(key, len(some)) }, &err)
			one := fresh(dir, &err)
			best(&a, func() error { return batch(ctx, signer, some, one, 1) }, &err)
			runtime.GOMAXPROCS(2)
			two := fresh(dir, &err)
			best(&b, func() error { return batch(ctx, signer, some, two, 2) }, &err)
		}
		hash, sign, one, two = hash+h, sign+s, one+a, two+b
	}
	if err != nil {
		return 0, err
	}
	ms := func(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
	fmt.Printf("%d files of %d bytes, best of %d: hashing alone %s, signing alone %s; epgu on one core %s, on two %s; opening the key by its PIN, once: %s\n",
		files, size, rounds, ms(hash), ms(sign), ms(one), ms(two), ms(opening))
	line := func(what string, ratio, bar float64) {
		word := "ok"
		if ratio > bar {
			word = "MISSED"
			missed++
		}
		fmt.Printf("%-52s %.2f  (at most %.2f)  %s\n", what, ratio, bar, word)
	}
	line("one core / (hashing + signing alone)", float64(one)/float64(hash+sign), overhead)
	// Opening a key is slow on purpose (PBKDF2), so it has no bar.
	fmt.Printf("%-52s %.2f\n", "the same with the opening of the key", float64(one+opening)/float64(hash+sign))
	if runtime.NumCPU() < 2 {
		fmt.Println("two cores / one core: skipped, this machine has one core")
		return missed, nil
	}
	line("two cores / one core", float64(two)/float64(one), scaling)
	return missed, nil
}

// best measures do once and keeps the shortest time; after an error it does
// nothing.
func best(shortest *time.Duration, do func() error, err *error) {
	if *err != nil {
		return
	}
	began := time.Now()
	*err = do()
	if d := time.Since(began); *shortest == 0 || d < *shortest {
		*shortest = d
	}
}

// prepare writes the files and returns what is in them.
func prepare(dir string) (paths []string, contents [][]byte, err error) {
	in := filepath.Join(dir, "in")
	if err := os.Mkdir(in, 0o700); err != nil {
		return nil, nil, err
	}
	for i := range files {
		b := make([]byte, size)
		if _, err := rand.Read(b); err != nil {
			return nil, nil, err
		}
		path := filepath.Join(in, fmt.Sprintf("%04d.bin", i))
		if err := os.WriteFile(path, b, 0o600); err != nil {
			return nil, nil, err
		}
		paths, contents = append(paths, path), append(contents, b)
	}
	return paths, contents, nil
}

func hashing(contents [][]byte) error {
	for _, b := range contents {
		h := streebog.New256()
		if _, err := h.Write(b); err != nil {
			return err
		}
		h.Sum(nil)
	}
	return nil
}

func signatures(key *gost3410.PrivateKey, n int) error {
	digest := streebog.Sum256([]byte("a short message"))
	for range n {
		if _, err := key.Sign(rand.Reader, digest[:], nil); err != nil {
			return err
		}
	}
	return nil
}

// fresh returns an empty folder for signatures; they are removed at the end.
func fresh(dir string, err *error) string {
	if *err != nil {
		return ""
	}
	var out string
	out, *err = os.MkdirTemp(dir, "out-")
	return out
}

// batch is the whole job: every file is read, hashed and signed, and its
// signature written.
func batch(ctx context.Context, signer *signing.Signer, paths []string, out string, workers int) error {
	b := &signing.Batch{Signers: []*signing.Signer{signer}, Clock: clock.System{}, OutDir: out, Workers: workers}
	list := b.Plan(paths)
	if err := b.Sign(ctx, list); err != nil {
		return err
	}
	for _, f := range list {
		if f.Status != signing.Signed {
			return fmt.Errorf("%s: %w", f.Path, f.Reason)
		}
	}
	return nil
}
