// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

/** What a token's word about its keys is worth; a trust file declares the same (assurance). */
public enum Assurance {
  /** The token is a device that keys cannot leave. */
  HARDWARE,
  /** The token is software: only a dev trust file may believe its keys. */
  DEV
}
