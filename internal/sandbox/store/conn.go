package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"

	"modernc.org/sqlite"
)

// maxStatements bounds the compiled statements that a connection keeps.
const maxStatements = 256

// connections returns what opens connections that keep the statements which they
// have compiled: a request of the portal runs a dozen short statements, and to
// compile one costs more than to run it. Begin is the statement that begins a
// transaction; of is whose statements they carry out, nil when nobody says.
func connections(dsn, begin string, of *asker) (connector, error) {
	base, err := sqlite.NewConnector(dsn)
	return connector{Connector: base, begin: begin, asker: of}, err
}

// pool is at most n of the connections.
func (c connector) pool(n int) *sql.DB {
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n) // to open one costs more than to keep it
	return db
}

// asker is whose statements a connection carries out; the zero value is nobody's.
// It is set by whoever uses the connection.
type asker struct{ ctx context.Context }

// gone returns why nothing more is done for the asker.
func (a *asker) gone() error {
	if a == nil || a.ctx == nil {
		return nil
	}
	return a.ctx.Err()
}

type connector struct {
	driver.Connector
	begin string // the statement that begins a transaction
	last  string // a statement for each connection that has been opened; may be empty
	asker *asker
}

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) { return c.open(ctx) }

func (c connector) open(ctx context.Context) (*conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := inner.(fullConn)
	if !ok {
		return nil, errors.Join(errors.New("the SQLite driver lacks a method that the store needs"), inner.Close())
	}
	out := &conn{fullConn: full, opening: c.begin, asker: c.asker, idle: map[string]driver.Stmt{}}
	if c.last != "" {
		if err := out.run(c.last); err != nil {
			return nil, errors.Join(err, out.Close())
		}
	}
	return out, nil
}

// fullConn is what the driver's connections can do and this package relies on.
type fullConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

// conn is a connection with its compiled statements. As with every driver.Conn
// only one goroutine uses it at a time.
type conn struct {
	fullConn
	opening string                 // the statement that begins a transaction
	asker   *asker                 // nil when nobody sets it
	idle    map[string]driver.Stmt // compiled, by their text; one in use is not in it
}

// A statement is carried out whole or not at all, whatever becomes of whoever
// asked: one that is interrupted in the middle would take the work of others in
// the same transaction with it. Contexts are looked at between statements.
func whole() context.Context { return context.Background() }

// keeps reports whether a statement is worth keeping: one, and not one that
// changes the database's form or the connection.
func keeps(query string) bool {
	if strings.Contains(query, ";") {
		return false
	}
	word, _, _ := strings.Cut(strings.TrimLeft(query, " \t\r\n"), " ")
	switch strings.ToUpper(word) {
	case "CREATE", "ALTER", "DROP", "PRAGMA", "VACUUM", "ATTACH", "DETACH", "REINDEX", "ANALYZE":
		return query == versionQuery
	}
	return true
}

// statement takes the compiled statement out of the kept ones, or compiles it.
func (c *conn) statement(query string) (driver.Stmt, error) {
	if s, ok := c.idle[query]; ok {
		delete(c.idle, query)
		return s, nil
	}
	return c.PrepareContext(whole(), query)
}

// keep gives a statement back; after a failure it is not used again.
func (c *conn) keep(query string, s driver.Stmt, failed error) {
	if _, twice := c.idle[query]; twice || failed != nil || len(c.idle) >= maxStatements {
		_ = s.Close() // it has said already what was wrong
		return
	}
	c.idle[query] = s
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(_ context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.asker.gone(); err != nil {
		return nil, err
	}
	if !keeps(query) {
		return c.fullConn.ExecContext(whole(), query, args)
	}
	s, err := c.statement(query)
	if err != nil {
		return nil, err
	}
	r, err := s.(driver.StmtExecContext).ExecContext(whole(), args) // the driver's statements have it
	c.keep(query, s, err)
	return r, err
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(_ context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.asker.gone(); err != nil {
		return nil, err
	}
	if !keeps(query) {
		return c.fullConn.QueryContext(whole(), query, args)
	}
	s, err := c.statement(query)
	if err != nil {
		return nil, err
	}
	r, err := s.(driver.StmtQueryContext).QueryContext(whole(), args) // the driver's statements have it
	if err != nil {
		c.keep(query, s, err)
		return nil, err
	}
	return &rows{Rows: r, conn: c, query: query, stmt: s}, nil
}

// BeginTx implements driver.ConnBeginTx.
func (c *conn) BeginTx(_ context.Context, o driver.TxOptions) (driver.Tx, error) {
	if o != (driver.TxOptions{}) {
		return nil, errors.New("the store's transactions have no options")
	}
	if err := c.run(c.opening); err != nil {
		return nil, err
	}
	return tx{c}, nil
}

// run carries out a statement of the connection itself, whoever has gone.
func (c *conn) run(statement string) error {
	s, err := c.statement(statement)
	if err != nil {
		return err
	}
	_, err = s.(driver.StmtExecContext).ExecContext(whole(), nil) // the driver's statements have it
	c.keep(statement, s, err)
	return err
}

// tx is the transaction of a connection.
type tx struct{ conn *conn }

// Commit implements driver.Tx.
func (t tx) Commit() error {
	err := t.conn.run("COMMIT")
	if err != nil {
		// database/sql takes the connection for free of a transaction now.
		_ = t.conn.run("ROLLBACK") // the first failure matters
	}
	return err
}

// Rollback implements driver.Tx.
func (t tx) Rollback() error { return t.conn.run("ROLLBACK") }

// Close implements driver.Conn.
func (c *conn) Close() error {
	var errs []error
	for _, s := range c.idle {
		errs = append(errs, s.Close())
	}
	clear(c.idle)
	return errors.Join(append(errs, c.fullConn.Close())...)
}

// rows gives its statement back when it is closed.
type rows struct {
	driver.Rows
	conn  *conn
	query string
	stmt  driver.Stmt
}

// Close implements driver.Rows.
func (r *rows) Close() error {
	err := r.Rows.Close()
	r.conn.keep(r.query, r.stmt, err)
	return err
}
