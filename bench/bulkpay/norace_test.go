//go:build !race

package bulkpay

const raced = false
