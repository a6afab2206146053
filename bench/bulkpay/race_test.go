//go:build race

package bulkpay

// raced says that the race detector is in, which needs several times the memory.
const raced = true
