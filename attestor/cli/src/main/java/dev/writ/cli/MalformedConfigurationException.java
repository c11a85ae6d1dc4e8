// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

/** A configuration is not as it must be; the message says where, what must be and what was. */
final class MalformedConfigurationException extends Exception {
  private static final long serialVersionUID = 1L;

  MalformedConfigurationException(ConfigNode.Place place, String sentence) {
    super(place.source() + ": " + sentence);
  }
}
