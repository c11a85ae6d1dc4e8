// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** JSON for people and for line by line comparison: two spaces a level, one value on a line. */
final class IndentedJson {
  private final StringBuilder out = new StringBuilder();

  private IndentedJson() {}

  /** The value, without a line end behind it. */
  static String of(Json value) {
    IndentedJson indented = new IndentedJson();
    indented.write(value, "");
    return indented.out.toString();
  }

  private void write(Json value, String indent) {
    if (value instanceof Json.Obj object && !object.members().isEmpty()) {
      out.append("{\n");
      Iterator<Map.Entry<String, Json>> members = object.members().entrySet().iterator();
      while (members.hasNext()) {
        Map.Entry<String, Json> member = members.next();
        out.append(indent).append("  ");
        out.append(new CanonicalJson().text(member.getKey())).append(": ");
        write(member.getValue(), indent + "  ");
        out.append(members.hasNext() ? ",\n" : "\n");
      }
      out.append(indent).append('}');
    } else if (value instanceof Json.Arr array && !array.elements().isEmpty()) {
      out.append("[\n");
      List<Json> elements = array.elements();
      for (int i = 0; i < elements.size(); i++) {
        out.append(indent).append("  ");
        write(elements.get(i), indent + "  ");
        out.append(i + 1 < elements.size() ? ",\n" : "\n");
      }
      out.append(indent).append(']');
    } else {
      out.append(CanonicalJson.of(value));
    }
  }
}
