// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** A constant that has one spelling in JSON. */
public interface Wire {
  /** How JSON spells it. */
  String wire();
}
