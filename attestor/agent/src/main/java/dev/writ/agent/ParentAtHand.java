// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.MalformedDocumentException;
import java.io.IOException;

/**
 * Under what a program is started, and where its bundle is looked for while the program runs: what goes on by
 * renewals hands down each.
 *
 * @param begun the bundle as it was before the start
 * @param place where it is as of now
 */
public record ParentAtHand(ParentBundle begun, Place place) {
  /** Where a bundle lies that others may replace. */
  @FunctionalInterface
  public interface Place {
    /** The bundle that is there now. */
    ParentBundle read() throws IOException, MalformedDocumentException;
  }

  /** What is there now. */
  public static ParentAtHand at(Place place) throws IOException, MalformedDocumentException {
    return new ParentAtHand(place.read(), place);
  }
}
