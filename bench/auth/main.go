// Command auth measures what "epgu auth status" costs while it asks nobody (the
// vault is the age file, the marker is there) against "epgu --version", whole
// processes in turn in one run, and prints the ratio.
//
//	go run ./bench/auth
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/core/signin"
)

func main() {
	rounds := flag.Int("rounds", 60, "processes of each kind")
	most := flag.Float64("most", 1.5, "fail when the ratio of the medians is above this; 0 only prints")
	flag.Parse()
	if err := run(*rounds, *most); err != nil {
		fmt.Fprintln(os.Stderr, "auth:", err)
		os.Exit(1)
	}
}

// program is the built binary with a home of its own.
type program struct {
	exe string
	env []string
}

func (p program) command(args ...string) *exec.Cmd {
	cmd := exec.Command(p.exe, args...)
	cmd.Env = p.env
	return cmd
}

func run(rounds int, most float64) error {
	dir, err := os.MkdirTemp("", "bench-auth-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p := program{filepath.Join(dir, "epgu"), []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "EPGU_HOME=" + filepath.Join(dir, "home"), "EPGU_STORE=file", "EPGU_LANG=en"}}
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", p.exe, "./cmd/epgu")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	if err := p.signIn(); err != nil {
		return err
	}
	var version, status []time.Duration
	for range rounds {
		v, err := once(p.command("--version"))
		if err != nil {
			return err
		}
		s, err := once(p.command("auth", "status"))
		if err != nil {
			return err
		}
		version, status = append(version, v), append(status, s)
	}
	slices.Sort(version)
	slices.Sort(status)
	ratio := float64(status[rounds/2]) / float64(version[rounds/2])
	fmt.Printf("auth status, offline, age file: median of %d processes %.2f × epgu --version (fastest: %.2f ×)\n", rounds, ratio, float64(status[0])/float64(version[0]))
	if most > 0 && ratio > most {
		return fmt.Errorf("%.2f × epgu --version, at most %.2f × is allowed", ratio, most)
	}
	return nil
}

// signIn signs a demo person of the embedded portal in.
func (p program) signIn() error {
	out, err := p.command("sandbox", "users", "--json").Output()
	if err != nil {
		return fmt.Errorf("the demo people: %w", err)
	}
	var list struct {
		Items []struct{ Login, Password, TOTPSecret string }
	}
	if err := json.Unmarshal(out, &list); err != nil {
		return err
	}
	for _, u := range list.Items {
		if u.TOTPSecret == "" {
			continue
		}
		code, err := signin.TOTP(u.TOTPSecret, time.Now())
		if err != nil {
			return err
		}
		cmd := p.command("auth", "login", "--user", u.Login, "--password-stdin", "--otp", code)
		cmd.Stdin = strings.NewReader(u.Password + "\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("sign in: %w\n%s", err, out)
		}
		return nil
	}
	return fmt.Errorf("no demo person with an authenticator")
}

func once(cmd *exec.Cmd) (time.Duration, error) {
	began := time.Now()
	err := cmd.Run()
	return time.Since(began), err
}
