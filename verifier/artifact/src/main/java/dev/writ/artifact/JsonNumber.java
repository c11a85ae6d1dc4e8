// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/**
 * A number that formats of Writ's do not have, as it was spelt: 1.0 and 1 are two.
 *
 * @param spelt as JSON spells it
 */
record JsonNumber(String spelt) {}
