# Scores and alpha of reversed keys by psych: Rscript reversed.R (in this folder; some seconds)
# Made with R 4.2.2, psych 2.2.9 and jsonlite (Debian: r-base-core, r-cran-psych, r-cran-jsonlite).
suppressMessages({ library(psych); library(jsonlite) })

answers <- read.csv("reversed.csv", colClasses = c("integer", "character"))
digits <- do.call(rbind, lapply(strsplit(answers$ratings, ""), as.integer))
colnames(digits) <- paste0("i", 1:10)
key <- list(Outgoing = c("i1", "-i2", "i3", "-i4", "i5"), Calm = c("-i6", "i7", "-i8", "i9", "-i10"))

# totals = FALSE: scores are means; min and max: reversed is 6 - x
of_context <- function(context) {
  found <- scoreItems(key, digits[answers$context == context, ], totals = FALSE, min = 1, max = 5, impute = "none")
  list(scores = unname(found$scores), alpha = unname(found$alpha[1, ]))
}

figures <- list(
  versions = list(R = paste(R.version$major, R.version$minor, sep = "."), psych = as.character(packageVersion("psych"))),
  values = names(key), contexts = lapply(unique(answers$context), of_context)
)
write(toJSON(figures, auto_unbox = TRUE, pretty = TRUE, digits = I(15)), "reversed.json")
