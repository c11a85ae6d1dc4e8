// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** JSON's null as a value: no format of this package has one, unknown EAR claims may. */
enum JsonNull {
  NULL
}
