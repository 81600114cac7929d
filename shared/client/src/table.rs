//! Tables: the columns that kubectl shows, without the objects. Of many objects they are a tenth of the work for the
//! server and a thirtieth of the bytes.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Visitor};

use crate::client::{Client, garbled};
use crate::error::{Doing, Error, Garbled, Scope};
use crate::path;
use crate::request::{Call, Failure};
use crate::views::View;
use crate::wire::Format;
use crate::wire::elements::Elements;

const ACCEPT: &str = "application/json;as=Table;g=meta.k8s.io;v=v1";

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Words.
    Text(Cow<'a, str>),
    /// A number.
    Number(i64),
    /// Nothing, or something else than words and whole numbers.
    Other,
}

/// One row and the names of its columns.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    columns: &'a [String],
    cells: &'a [Cell<'a>],
    conditions: &'a [RowCondition<'a>],
}

impl<'a> Row<'a> {
    /// The words in a column; `None` when there is no such column, or no words in it.
    #[must_use]
    pub fn text(&self, column: &str) -> Option<&'a str> {
        match self.cell(column)? {
            Cell::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What stands in a column.
    #[must_use]
    pub fn cell(&self, column: &str) -> Option<&'a Cell<'a>> {
        let index = self.columns.iter().position(|name| name == column)?;
        self.cells.get(index)
    }

    /// `Succeeded` or `Failed` where the server marks the row as one of an object that has ended for good, as it does
    /// with pods. Their column of words does not tell: of a pod that runs on it may say `Completed` too.
    #[must_use]
    pub fn ended(&self) -> Option<&'a str> {
        let ended =
            self.conditions.iter().find(|condition| condition.type_ == "Completed" && condition.status == "True");
        ended.map(|condition| condition.reason.as_ref())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    kind: String,
    column_definitions: Vec<Column>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
}

#[derive(Deserialize)]
struct Cells<'a> {
    #[serde(borrow)]
    cells: Vec<Cell<'a>>,
    #[serde(borrow, default)]
    conditions: Vec<RowCondition<'a>>,
}

/// What the server says of a row beside its cells.
#[derive(Debug, Deserialize)]
struct RowCondition<'a> {
    #[serde(borrow, rename = "type")]
    type_: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow, default)]
    reason: Cow<'a, str>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Cell<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CellVisitor;

        impl<'de> Visitor<'de> for CellVisitor {
            type Value = Cell<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a cell")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cell<'de>, E> {
                Ok(Cell::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Cell<'de>, E> {
                Ok(Cell::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Cell<'de>, E> {
                Ok(Cell::Number(number))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Cell<'de>, E> {
                Ok(i64::try_from(number).map_or(Cell::Other, Cell::Number))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Cell<'de>, E> {
                Ok(Cell::Other)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Cell<'de>, E> {
                Ok(Cell::Other)
            }

            fn visit_unit<E>(self) -> Result<Cell<'de>, E> {
                Ok(Cell::Other)
            }
        }

        deserializer.deserialize_any(CellVisitor)
    }
}

impl Client {
    /// Lists a kind as a table without objects and hands each row to `each` as it arrives. The answer is of the API
    /// server's cache, in one body.
    ///
    /// Rows do not say their namespace: ask for one namespace at a time where that matters.
    ///
    /// # Errors
    /// As for a list. A connection that breaks in the middle is an error and not tried again: the rows that were handed
    /// on cannot be told from those of a second answer.
    pub async fn table<T: View>(&self, scope: &Scope, each: &mut (dyn FnMut(Row<'_>) + '_)) -> Result<u64, Error> {
        let path = path::collection(&T::RESOURCE, scope);
        let url = path::query(&path, &[("includeObject", Some("None")), ("resourceVersion", Some("0"))]);
        let call = Call::begin(self, Doing::List(T::RESOURCE, scope.clone())).await;
        let mut rows = 0;
        call.retrying_reads(async || {
            let once = self.table_once(&call, &url, &path, &mut rows, each).await;
            once.map_err(|failure| if rows == 0 { failure } else { Failure::final_(failure.situation) })
        })
        .await?;
        Ok(rows)
    }

    async fn table_once(
        &self,
        call: &Call<'_>,
        url: &str,
        path: &str,
        rows: &mut u64,
        each: &mut (dyn FnMut(Row<'_>) + '_),
    ) -> Result<(), Failure> {
        let broken = |why| Failure::final_(garbled(path, why));
        let mut answer = call.get_once(url, ACCEPT).await?;
        if answer.format(path)? != Format::Json {
            return Err(broken(Garbled::ContentType));
        }
        let mut elements = Elements::of(b"\"rows\"");
        let mut columns: Option<Vec<String>> = None;
        while let Some(chunk) = answer.chunk().await? {
            let outcome = elements.push(&chunk, &mut |elements, bytes| {
                if columns.is_none() {
                    columns = Some(head(&elements.head())?);
                }
                let row: Cells<'_> = serde_json::from_slice(bytes).map_err(|_| Garbled::Json)?;
                *rows += 1;
                self.shared.counter.one_more();
                each(Row {
                    columns: columns.as_deref().unwrap_or_default(),
                    cells: &row.cells,
                    conditions: &row.conditions,
                });
                Ok(())
            });
            outcome.map_err(broken)?;
        }
        let rest = elements.finish().map_err(broken)?;
        // A server that answers with a list instead of a table has no rows and must not look empty.
        head(&rest).map_err(broken)?;
        Ok(())
    }
}

/// The names of the columns, in lower case as printers differ in that between kinds.
fn head(json: &[u8]) -> Result<Vec<String>, Garbled> {
    let head: Head = serde_json::from_slice(json).map_err(|_| Garbled::Json)?;
    if head.kind != "Table" {
        return Err(Garbled::ContentType);
    }
    Ok(head.column_definitions.into_iter().map(|column| column.name.to_lowercase()).collect())
}
