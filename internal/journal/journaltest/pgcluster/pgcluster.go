//go:build unix

// Package pgcluster runs a throw-away PostgreSQL server for tests: its own
// cluster in a temporary folder, reached by a Unix socket in it, as a user that
// is not root. Only tests and benchmarks import it.
package pgcluster

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// ErrAbsent says that this machine has no PostgreSQL server to run.
var ErrAbsent = errors.New("no PostgreSQL server here (install the package postgresql)")

// Cluster is a running server.
type Cluster struct {
	URL string // of the database "postgres", as a superuser
	dir string
	bin string
	as  *syscall.Credential

	options string
}

// Memory is a folder in memory with a gigabyte of room, or "" where there is none:
// for clusters that prove no durability.
func Memory() string {
	const shm = "/dev/shm"
	var st syscall.Statfs_t
	if err := syscall.Statfs(shm, &st); err != nil || st.Bavail*uint64(st.Bsize) < 1<<30 {
		return ""
	}
	return shm
}

// Start makes a cluster in a new folder in parent ("" for the usual place) and
// starts its server. settings are lines such as "fsync=off".
func Start(parent string, settings ...string) (*Cluster, error) {
	bin := find()
	if bin == "" {
		return nil, ErrAbsent
	}
	dir, err := os.MkdirTemp(parent, "epgu-pg-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir, bin: bin}
	if os.Geteuid() == 0 {
		if err := c.unprivileged(); err != nil {
			return nil, errors.Join(err, os.RemoveAll(dir))
		}
	}
	data := filepath.Join(dir, "data")
	options := "-c listen_addresses='' -k " + dir
	for _, s := range settings {
		options += " -c " + s
	}
	c.options = options
	for _, args := range [][]string{
		{"initdb", "-D", data, "-U", "demo", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"},
		{"pg_ctl", "-D", data, "-w", "-t", "60", "-l", filepath.Join(dir, "log"), "-o", options, "start"},
	} {
		if out, err := c.command(args...).CombinedOutput(); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w: %s", args[0], err, out), os.RemoveAll(dir))
		}
	}
	c.URL = "postgres://demo@/postgres?" + url.Values{"host": {dir}}.Encode()
	return c, nil
}

// Restart stops the server at once, as a crash would, and starts it again.
func (c *Cluster) Restart() error {
	data := filepath.Join(c.dir, "data")
	if out, err := c.command("pg_ctl", "-D", data, "-w", "-m", "immediate", "-l", filepath.Join(c.dir, "log"), "restart").CombinedOutput(); err != nil {
		return fmt.Errorf("restart: %w: %s", err, out)
	}
	return nil
}

// Kill ends the server's first process by SIGKILL, as the system does when memory runs
// out, and starts it again once the others have noticed.
func (c *Cluster) Kill() error {
	b, err := os.ReadFile(filepath.Join(c.dir, "data", "postmaster.pid"))
	if err != nil {
		return err
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		return fmt.Errorf("postmaster.pid: %w", err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return err
	}
	// Until the last of the others has gone its shared memory is in the way.
	for tries := 0; ; tries++ {
		out, err := c.command("pg_ctl", "-D", filepath.Join(c.dir, "data"), "-w", "-t", "60", "-l", filepath.Join(c.dir, "log"), "-o", c.options, "start").CombinedOutput()
		if err == nil {
			return nil
		}
		if tries == 50 {
			return fmt.Errorf("start after a kill: %w: %s", err, out)
		}
	}
}

// Stop stops the server and removes the cluster.
func (c *Cluster) Stop() error {
	out, err := c.command("pg_ctl", "-D", filepath.Join(c.dir, "data"), "-w", "-m", "immediate", "stop").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("stop: %w: %s", err, out)
	}
	return errors.Join(err, os.RemoveAll(c.dir))
}

func (c *Cluster) command(args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin, args[0]), args[1:]...)
	cmd.Dir = c.dir
	if c.as != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.as}
	}
	return cmd
}

// unprivileged gives the folder to a user that the server agrees to run as.
func (c *Cluster) unprivileged() error {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		c.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		return os.Chown(c.dir, int(uid), int(gid))
	}
	return errors.New("no user to run PostgreSQL as")
}

// find returns the folder of the newest server programmes, "" for none.
func find() string {
	dirs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err == nil && len(dirs) > 0 {
		slices.SortFunc(dirs, func(a, b string) int { return version(a) - version(b) })
		return dirs[len(dirs)-1]
	}
	if p, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(p)
	}
	return ""
}

func version(dir string) int {
	n, err := strconv.Atoi(filepath.Base(strings.TrimSuffix(dir, "/bin")))
	if err != nil {
		return 0
	}
	return n
}
